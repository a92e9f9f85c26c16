//! Opening connections, and asking single questions over them.

#![expect(clippy::wildcard_enum_match_arm, reason = "of all that Redis may answer, only what was asked for is read")]

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, IntoConnectionInfo, Pipeline, ProtocolVersion, PushInfo,
    RedisConnectionInfo, RedisError, ServerErrorKind, TlsCertificates, Value,
};
use tokio::time::timeout;

use crate::config::{self, RedisServer, Secret};

use super::fault::Fault;
use super::fit::{self, Unfit};
use super::start::Error;

/// Who is at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    /// A server with data.
    Data,
    /// A sentinel, which has other passwords and no databases.
    Sentinel,
}

/// Opens connections as configured. Its `Debug` shows no secret.
#[derive(Debug)]
pub(super) struct Connector {
    tls: Option<TlsCertificates>,
    data: RedisConnectionInfo,
    sentinel: RedisConnectionInfo,
    connect_timeout: Duration,
    command_timeout: Duration,
}

/// Takes what a server sends unasked; must not wait.
pub(super) type Pushed = Arc<dyn Fn(PushInfo) + Send + Sync>;

/// A connection, and whose it is. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) server: Arc<str>,
    connection: MultiplexedConnection,
    limit: Duration,
}

impl Connector {
    pub(super) fn new(config: &config::Adapter) -> Result<Self, Error> {
        let root_cert = match &config.tls_ca {
            Some(path) => Some(fs::read(path).map_err(|source| Error::Ca { path: path.clone(), source })?),
            None => None,
        };
        let certificates = TlsCertificates { client_tls: None, root_cert };
        let data = account(config.username.as_deref(), config.password.as_ref()).set_db(config.database);
        let sentinel = account(config.sentinel_username.as_deref(), config.sentinel_password.as_ref());
        let (connect_timeout, command_timeout) = (config.connect_timeout, config.command_timeout);
        Ok(Self { tls: config.tls.then_some(certificates), data, sentinel, connect_timeout, command_timeout })
    }

    /// Opens a connection, and says who this is.
    ///
    /// # Errors
    /// `Unfit` when it is known that trying again cannot help, any other when it may.
    pub(super) async fn open(&self, server: &RedisServer, peer: Peer, pushed: Option<Pushed>) -> Result<Link, Fault> {
        let name = format!("{}:{}", server.host, server.port);
        let client = self.client(server, peer).map_err(|error| self.fault(&name, &error))?;
        let mut config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.connect_timeout))
            .set_response_timeout(Some(self.command_timeout));
        if let Some(pushed) = pushed {
            config = config.set_push_sender(move |push| {
                pushed(push);
                Ok::<(), std::convert::Infallible>(())
            });
        }
        let opening = client.get_multiplexed_async_connection_with_config(&config);
        // The crate's own limit does not count all that it does.
        let connection = timeout(self.connect_timeout * 2, opening)
            .await
            .map_err(|_| self.silence(name.clone()))?
            .map_err(|error| self.fault(&name, &error))?;
        Ok(Link { server: name.into(), connection, limit: self.command_timeout })
    }

    fn client(&self, server: &RedisServer, peer: Peer) -> Result<Client, RedisError> {
        let (host, port) = (server.host.clone(), server.port);
        let address = match &self.tls {
            Some(_) => ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None },
            None => ConnectionAddr::Tcp(host, port),
        };
        let settings = match peer {
            Peer::Data => self.data.clone(),
            Peer::Sentinel => self.sentinel.clone(),
        };
        let info = address
            .into_connection_info()?
            .set_redis_settings(settings)
            .set_tcp_settings(TcpSettings::default().set_nodelay(true));
        match &self.tls {
            Some(certificates) => Client::build_with_tls(info, certificates.clone()),
            None => Client::open(info),
        }
    }

    fn fault(&self, server: &str, error: &RedisError) -> Fault {
        let server = server.to_owned();
        if let Some(unfit) = Unfit::at_connect(&server, error) {
            return unfit.into();
        }
        if error.is_timeout() {
            return self.silence(server);
        }
        match error.code() {
            Some(code) => Fault::Moved { server, code: code.to_owned() },
            None if self.tls.is_none() && error.is_connection_dropped() => {
                let why = format!("{error}; where TLS is spoken, url begins with rediss://");
                Fault::Unreachable { server, why }
            }
            None => Fault::Unreachable { server, why: error.to_string() },
        }
    }

    /// A server without TLS waits for the end of a command that never comes.
    fn silence(&self, server: String) -> Fault {
        let limit = self.connect_timeout;
        match self.tls {
            Some(_) => Fault::Unreachable {
                server,
                why: format!("no answer within {limit:?}; where no TLS is spoken, url begins with redis://"),
            },
            None => Fault::Slow { server, limit },
        }
    }
}

fn account(username: Option<&str>, password: Option<&Secret>) -> RedisConnectionInfo {
    let mut account = RedisConnectionInfo::default().set_protocol(ProtocolVersion::RESP3).set_skip_set_lib_name();
    if let Some(password) = password {
        account = account.set_password(password.expose());
    }
    if let Some(username) = username {
        account = account.set_username(username);
    }
    account
}

impl Link {
    /// Asks one thing.
    ///
    /// # Errors
    /// A server's refusal is one, too.
    pub(super) async fn ask(&mut self, command: &Cmd) -> Result<Value, Fault> {
        let asked = timeout(self.limit * 2, self.connection.send_packed_command(command)).await;
        let value = asked.map_err(|_| self.slow())?.map_err(|error| Fault::of(&self.server, &error, self.limit))?;
        match value {
            Value::ServerError(error) if error.kind() == Some(ServerErrorKind::NoPerm) => {
                let missing = fit::missing(&self.server, error.details().unwrap_or_default());
                Err(missing.map_or_else(|| Fault::refused(&self.server, &error), Fault::from))
            }
            Value::ServerError(error) => Err(Fault::refused(&self.server, &error)),
            value => Ok(value),
        }
    }

    /// Asks several things at once.
    ///
    /// # Errors
    /// When the connection broke or was too slow; refusals are among the values.
    pub(super) async fn ask_all(&mut self, commands: &Pipeline) -> Result<Vec<Value>, Fault> {
        let count = commands.len();
        let asked = timeout(self.limit * 2, self.connection.send_packed_commands(commands, 0, count)).await;
        let values = asked.map_err(|_| self.slow())?.map_err(|error| Fault::of(&self.server, &error, self.limit))?;
        if values.len() == count { Ok(values) } else { Err(self.unreadable("a pipeline")) }
    }

    pub(super) fn unreadable(&self, to: &'static str) -> Fault {
        Fault::Unreadable { server: self.server.to_string(), to }
    }

    fn slow(&self) -> Fault {
        Fault::Slow { server: self.server.to_string(), limit: self.limit }
    }
}
