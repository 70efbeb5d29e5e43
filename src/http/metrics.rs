//! `/metrics`, for Prometheus.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use crate::progress::{Known, Progress};
use crate::telemetry::metrics;

pub async fn show(State(progress): State<Progress>) -> impl IntoResponse {
    let scrape = progress.look(Known::scrape);
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], progress.metrics.encode(&scrape))
}
