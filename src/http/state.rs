//! What all requests of a worker share.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::HttpRequest;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::watch;

use crate::adapter;
use crate::config::{Limits, Server};
use crate::contest::Contest;
use crate::hub::{Farewell, Hub};
use crate::rules::{Current, Node};
use crate::telemetry::HttpMetrics;

/// One worker's surroundings of its requests; stays on its thread.
#[derive(Debug)]
pub struct State {
    /// Who listens, and delivery.
    pub hub: Hub,
    /// The running apps.
    pub apps: Current,
    /// The process as a whole.
    pub node: Arc<Node>,
    /// The way to the other nodes, where there are any.
    pub adapter: Option<adapter::Requests>,
    /// Whether they can be reached.
    pub standing: Option<watch::Receiver<adapter::State>>,
    /// The vibration contest, where it runs.
    pub contest: Option<Contest>,
    /// Where the cameras' own listener listens, where there is one.
    pub gateway: Option<SocketAddr>,
    /// Listeners and times.
    pub server: Server,
    /// Bounds.
    pub limits: Limits,
    /// What a connection is told whose user is thrown out.
    pub terminated: Farewell,
    /// What a connection is told whose tokens are revoked.
    pub revoked: Farewell,
    /// Renders all metrics.
    pub prometheus: PrometheusHandle,
    /// What requests count.
    pub metrics: HttpMetrics,
}

/// The state that `routes` put into every request.
pub(super) fn state(request: &HttpRequest) -> &Rc<State> {
    request.app_data::<Rc<State>>().expect("routes gives every request its state")
}
