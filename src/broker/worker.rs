//! One worker: a thread, its runtime, and all that lives on it.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use actix_codec::Framed;
use actix_http::{HttpService, KeepAlive, Request, h1};
use actix_service::{Service, ServiceFactory, fn_service, map_config};
use actix_web::App;
use actix_web::dev::AppConfig;
use metrics_exporter_prometheus::{PrometheusHandle, PrometheusRecorder};
use tokio::sync::{Barrier, watch};
use tokio::task::LocalSet;
use tokio::time::timeout;

use crate::adapter;
use crate::config::{Limits, Server};
use crate::contest::Contest;
use crate::error::Refusal;
use crate::http::{self, State};
use crate::hub::{self, Hub, Mailboxes, Settings};
use crate::rules::{Apps, Current, Node};
use crate::socket::{Arrival, Context, Guarded, LINGER, Listener, accept_loop, farewell, upgrade};
use crate::telemetry::{self, HttpMetrics};

use super::drain::drain;
use super::reload::{Reloads, follow};
use super::start::{Error, Stage};

/// Time for all workers to close their doors; only one that has ended by a fault makes it pass.
const DOORS: Duration = Duration::from_secs(1);

/// What a worker is made of; crosses to its thread.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) mailboxes: Mailboxes,
    pub(super) settings: Settings,
    pub(super) listener: Listener,
    pub(super) admin: Option<Listener>,
    pub(super) apps: Arc<Apps>,
    pub(super) node: Arc<Node>,
    pub(super) contest: Option<Contest>,
    pub(super) gateway: Option<std::net::SocketAddr>,
    pub(super) server: Server,
    pub(super) limits: Limits,
    pub(super) recorder: Arc<PrometheusRecorder>,
    pub(super) prometheus: PrometheusHandle,
    pub(super) reloads: Reloads,
    pub(super) stage: watch::Receiver<Stage>,
    pub(super) doors: Arc<Barrier>,
    pub(super) adapter: Option<adapter::Requests>,
    pub(super) standing: Option<watch::Receiver<adapter::State>>,
}

/// Starts a worker's thread.
pub(super) fn spawn(worker: usize, setup: Setup) -> Result<JoinHandle<()>, Error> {
    let failed = |source: io::Error| Error::Worker { worker, source };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let thread = thread::Builder::new().name(format!("worker-{worker}"));
    thread
        .spawn(move || {
            if let Err(error) = LocalSet::new().block_on(&runtime, serve(setup)) {
                tracing::error!(worker, %error, "worker ended");
            }
        })
        .map_err(failed)
}

/// Serves until told to stop; all tasks that it started end with it.
async fn serve(setup: Setup) -> io::Result<()> {
    let Setup { mailboxes, settings, listener, admin, apps, node, server, limits, .. } = setup;
    let mut stage = setup.stage;
    // Metrics of this thread go to this broker's recorder, whoever else lives in the process.
    let _recording = metrics::set_default_local_recorder(&*setup.recorder);
    telemetry::describe();
    let hub = Hub::new(mailboxes, &settings);
    let apps = Current::new(apps);
    let context = Context::new(hub.clone(), apps.clone(), node.clone(), server.clone(), limits.clone());
    let state = Rc::new(State {
        hub: hub.clone(),
        apps,
        node,
        adapter: setup.adapter,
        standing: setup.standing,
        contest: setup.contest,
        gateway: setup.gateway,
        terminated: farewell(&Refusal::Terminated).expect("a terminated user's connection ends"),
        server,
        limits,
        revoked: farewell(&Refusal::TokenRevoked).expect("a revoked token ends connections"),
        prometheus: setup.prometheus,
        metrics: HttpMetrics::new(),
    });
    let turns = tokio::task::spawn_local(hub::run(hub));
    let ticks = tokio::task::spawn_local(context.clone().tick());
    let reloads = tokio::task::spawn_local(follow(context.clone(), setup.reloads));
    let main = main_service(context.clone(), state.clone()).await?;
    let accepting = tokio::task::spawn_local(accept_loop(context.clone(), listener, main));
    if let Some(listener) = admin {
        let service = admin_service(state).await?;
        drop(tokio::task::spawn_local(accept_loop(context.clone(), listener, service)));
    }
    let told = stage.wait_for(|stage| *stage != Stage::Running).await.map_or(Stage::Stopped, |stage| *stage);
    accepting.abort();
    if told == Stage::Draining {
        // First the doors of all workers, which share a port: whoever is told to come back now must
        // not find this node at the next door.
        drop(accepting.await);
        drop(timeout(DOORS, setup.doors.wait()).await);
        drain(&context).await;
    }
    turns.abort();
    ticks.abort();
    reloads.abort();
    Ok(())
}

/// HTTP and WebSockets for everybody: the actix-web application, and the hook that takes upgrades
/// out of HTTP's hands.
async fn main_service(context: Rc<Context>, state: Rc<State>) -> io::Result<impl Service<Arrival>> {
    let server = context.server.clone();
    let hook =
        move |(request, framed): (Request, Framed<Guarded, h1::Codec>)| upgrade(context.clone(), request, framed);
    let app = App::new().configure(|config| http::routes(config, state));
    HttpService::build()
        .keep_alive(KeepAlive::Timeout(server.keep_alive))
        .client_request_timeout(server.handshake_timeout)
        .client_disconnect_timeout(LINGER)
        .on_connect_ext(|socket: &Guarded, data| drop(data.insert(socket.last_answer())))
        .upgrade(fn_service(hook))
        .finish(map_config(app, |()| AppConfig::default()))
        .new_service(())
        .await
        .map_err(|()| io::Error::other("the HTTP service could not be made"))
}

/// The operator's paths.
async fn admin_service(state: Rc<State>) -> io::Result<impl Service<Arrival>> {
    let server = state.server.clone();
    let app = App::new().configure(|config| http::admin(config, state));
    HttpService::build()
        .keep_alive(KeepAlive::Timeout(server.keep_alive))
        .client_request_timeout(server.handshake_timeout)
        .client_disconnect_timeout(LINGER)
        .finish(map_config(app, |()| AppConfig::default()))
        .new_service(())
        .await
        .map_err(|()| io::Error::other("the admin service could not be made"))
}
