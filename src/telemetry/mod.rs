//! What an operator can see: log lines and metrics.
//!
//! Owns the log's format and the list of all metrics. Knows nothing of what it reports on.

mod adapter;
mod contest;
mod gateway;
mod log;
mod metrics;

pub use adapter::AdapterMetrics;
pub use contest::ContestMetrics;
pub use gateway::GatewayMetrics;
pub use log::{LogError, start};
pub use metrics::{HttpMetrics, HubMetrics, SocketMetrics, breached, describe, recorder, refused};
