//! Serves every page with sample data on loopback, to look at and to test: `cargo run -p web --example preview`.
//! Prints the address. The port is the first argument, or any free one.

mod booking;
mod content;
mod desk;
mod sample;
mod self_check;

use std::sync::Arc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).map_or(Ok(0), |text| text.parse::<u16>())?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    #[expect(clippy::print_stdout, reason = "a preview tells where it listens")]
    {
        println!("http://{}", listener.local_addr()?);
    }
    let site = Arc::new(sample::site());
    let public = content::routes().merge(self_check::routes()).merge(booking::routes());
    let routes = public.merge(desk::routes()).with_state(site);
    axum::serve(listener, routes).await?;
    Ok(())
}
