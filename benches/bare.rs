//! The least that axum can be asked for: one route, one constant. What `/ready` is measured against.

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    // As many threads as a gate that serves has.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_io().enable_time().build()?;
    runtime.block_on(async {
        let router = Router::new().route("/ready", get(|| async { "pass" }));
        axum::serve(TcpListener::bind(address).await?, router).await
    })
}
