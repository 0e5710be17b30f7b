//! Peers that are slow, silent or many. Time is the runtime's own paused clock, so nothing is waited for.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    net::{TcpSocket, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, sleep},
};
use web::shell::{ShellConfig, serve, serve_io};

use super::Site;

const HOST: &str = "Host: 127.0.0.1:8080\r\n";

fn open(site: &Site, buffer: usize) -> (DuplexStream, JoinHandle<()>) {
    let (client, server) = tokio::io::duplex(buffer);
    let peer = "192.0.2.1:5000".parse().unwrap();
    (client, tokio::spawn(serve_io(server, peer, site.router.clone(), site.shell.clone())))
}

async fn rest(client: &mut DuplexStream) -> String {
    let mut answer = Vec::new();
    let _ = client.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

#[tokio::test(start_paused = true)]
async fn half_a_head_is_closed_after_ten_seconds_however_it_drips() {
    let site = Site::demo();
    for drip in [None, Some(Duration::from_secs(1))] {
        let began = Instant::now();
        let (mut client, serving) = open(&site, 1 << 16);
        client.write_all(b"GET / HTTP/1.1\r\nX-a: ").await.unwrap();
        if let Some(pause) = drip {
            while client.write_all(b"b").await.is_ok() {
                sleep(pause).await;
            }
        }
        assert_eq!(rest(&mut client).await, "");
        serving.await.unwrap();
        let took = began.elapsed();
        assert!((10..=12).contains(&took.as_secs()), "{drip:?}: {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_closed_before_and_after_a_request() {
    let site = Site::demo();
    let began = Instant::now();
    let (mut client, serving) = open(&site, 1 << 16);
    sleep(Duration::from_secs(8)).await;
    client.write_all(format!("GET / HTTP/1.1\r\n{HOST}\r\n").as_bytes()).await.unwrap();
    assert!(rest(&mut client).await.ends_with("<h1>Home</h1>"));
    serving.await.unwrap();
    assert!((18..=19).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

/// Sends a head that promises `size` bytes and then one byte each `pause`.
async fn drip_body(site: &Site, size: usize, pause: Duration) -> (String, Duration) {
    let (client, serving) = open(site, 1 << 16);
    let (mut reader, mut writer) = tokio::io::split(client);
    let head =
        format!("POST /book HTTP/1.1\r\n{HOST}Sec-Fetch-Site: same-origin\r\nContent-Length: {size}\r\n\r\n");
    let began = Instant::now();
    let writing = tokio::spawn(async move {
        writer.write_all(head.as_bytes()).await.unwrap();
        for _ in 0..size {
            sleep(pause).await;
            if writer.write_all(b"a").await.is_err() {
                break;
            }
        }
    });
    let mut answer = vec![0; 12];
    reader.read_exact(&mut answer).await.unwrap();
    let took = began.elapsed();
    writing.abort();
    drop(reader);
    serving.abort();
    (String::from_utf8(answer).unwrap(), took)
}

#[tokio::test(start_paused = true)]
async fn a_dripping_body_is_given_up_and_a_slow_line_is_not() {
    let site = Site::demo();
    let (answer, took) = drip_body(&site, 1_000, Duration::from_secs(1)).await;
    assert_eq!(answer, "HTTP/1.1 408");
    assert!((10..=11).contains(&took.as_secs()), "{took:?}");
    assert_eq!(site.writes(), 0);
    // 20 kB at about 1 kB a second is far below the rate, but the grace covers the first ten seconds.
    let (answer, _) = drip_body(&site, 9_000, Duration::from_millis(1)).await;
    assert_eq!(answer, "HTTP/1.1 200");
    assert_eq!(site.writes(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_takes_nothing_is_given_up() {
    let site = Site::demo();
    let began = Instant::now();
    let (mut client, serving) = open(&site, 1 << 10);
    client.write_all(format!("GET /large HTTP/1.1\r\n{HOST}\r\n").as_bytes()).await.unwrap();
    serving.await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 15);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_sips_is_given_up_and_a_slow_one_served() {
    let site = Site::demo();
    // Bytes taken each second: below the stated 4,096 a second, and above.
    for (sip, served) in [(64, false), (64 << 10, true)] {
        let (mut client, serving) = open(&site, 1 << 10);
        client
            .write_all(format!("GET /large HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n").as_bytes())
            .await
            .unwrap();
        let mut taken = 0;
        let mut mouthful = vec![0; sip];
        while let Ok(n @ 1..) = client.read(&mut mouthful).await {
            taken += n;
            if taken % sip < 1 << 10 {
                sleep(Duration::from_secs(1)).await;
            }
        }
        serving.await.unwrap();
        assert_eq!(taken > 4 << 20, served, "{taken}");
    }
}

/// A real listener: the address, and the means to stop it.
async fn listen(site: &Site) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
    let listener = web::shell::listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move {
        let _ = stopped.await;
    };
    (address, stop, tokio::spawn(serve(listener, site.router.clone(), site.shell.clone(), shutdown)))
}

async fn connect(from: [u8; 4], to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(IpAddr::from(from), 0)).unwrap();
    socket.connect(to).await.unwrap()
}

async fn ask(stream: &mut TcpStream, path: &str) -> String {
    stream.write_all(format!("GET {path} HTTP/1.1\r\n{HOST}\r\n").as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn silent_connections_make_room_for_those_who_speak() {
    let site = Site::new(ShellConfig { connections_max: 50, ..ShellConfig::demo() });
    let (address, _stop, _serving) = listen(&site).await;
    let mut silent = Vec::new();
    for n in 0..200 {
        let mut stream = connect([127, 0, 0, (n % 250) as u8 + 1], address).await;
        stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        silent.push(stream);
    }
    for n in 0..20 {
        let mut stream = connect([127, 0, 1, n + 1], address).await;
        assert_eq!(ask(&mut stream, "/").await, "HTTP/1.1 200");
    }
    assert_eq!(silent[0].read(&mut [0; 16]).await.unwrap_or(0), 0, "the longest silent one was closed");
}

#[tokio::test]
async fn one_address_gets_its_share_and_two_hundred_get_theirs() {
    let site = Site::new(ShellConfig { connections_per_loopback: 4, ..ShellConfig::demo() });
    let (address, _stop, _serving) = listen(&site).await;
    let mut stuck = Vec::new();
    for _ in 0..4 {
        let mut stream = connect([127, 0, 0, 9], address).await;
        // The page before it shows that the server knows the connection; then it is kept at work.
        assert_eq!(ask(&mut stream, "/").await, "HTTP/1.1 200");
        stream.write_all(format!("GET /stuck HTTP/1.1\r\n{HOST}\r\n").as_bytes()).await.unwrap();
        stuck.push(stream);
    }
    let mut fifth = connect([127, 0, 0, 9], address).await;
    let mut answer = vec![0; 12];
    let read = fifth.read_exact(&mut answer).await;
    assert!(read.is_err() || answer == b"HTTP/1.1 503", "{:?}", String::from_utf8_lossy(&answer));
    let mut streams = Vec::new();
    for n in 0..200 {
        let mut stream = connect([127, 0, 2, n + 1], address).await;
        assert_eq!(ask(&mut stream, "/").await, "HTTP/1.1 200");
        streams.push(stream);
    }
}

#[tokio::test]
async fn stopping_finishes_what_has_begun_and_no_more() {
    let site = Site::new(ShellConfig { stop_time: Duration::from_millis(200), ..ShellConfig::demo() });
    let (address, stop, serving) = listen(&site).await;
    let mut idle = connect([127, 0, 0, 1], address).await;
    assert_eq!(ask(&mut idle, "/").await, "HTTP/1.1 200");
    let mut stuck = connect([127, 0, 0, 1], address).await;
    stuck.write_all(format!("GET /stuck HTTP/1.1\r\n{HOST}\r\n").as_bytes()).await.unwrap();
    stop.send(()).unwrap();
    serving.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
    let mut waste = Vec::new();
    let _ = idle.read_to_end(&mut waste).await;
    let left = stuck.read_to_end(&mut waste).await;
    assert!(left.is_err() || left.unwrap() == 0, "the stuck one was closed when its time was up");
}

#[tokio::test]
async fn senders_that_stall_in_the_body_make_room_too() {
    let site = Site::new(ShellConfig { connections_max: 20, body_budget: 1 << 12, ..ShellConfig::demo() });
    let (address, _stop, _serving) = listen(&site).await;
    let mut stalled = Vec::new();
    for n in 0..60 {
        let mut stream = connect([127, 0, 0, n + 1], address).await;
        let head = "POST /book HTTP/1.1\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 200000\r\n";
        stream.write_all(format!("{head}{HOST}\r\na").as_bytes()).await.unwrap();
        stalled.push(stream);
    }
    let mut stream = connect([127, 0, 1, 1], address).await;
    let body = "x".repeat(2_000);
    let head = "POST /book HTTP/1.1\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 2000\r\n";
    stream.write_all(format!("{head}{HOST}\r\n{body}").as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 200", "promised bytes take no room");
    let body = "x".repeat(8_000);
    let mut stream = connect([127, 0, 1, 2], address).await;
    let head = "POST /book HTTP/1.1\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 8000\r\n";
    stream.write_all(format!("{head}{HOST}\r\n{body}").as_bytes()).await.unwrap();
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 503", "more than all bodies may take");
    assert_eq!(site.writes(), 1);
}

#[tokio::test]
async fn a_refused_sender_gets_to_read_why() {
    let site = Site::demo();
    let (address, _stop, _serving) = listen(&site).await;
    for n in 0..20 {
        let stream = connect([127, 0, 0, n + 1], address).await;
        let (mut reader, mut writer) = stream.into_split();
        let head = "POST /book HTTP/1.1\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 8000000\r\n";
        let sending = tokio::spawn(async move {
            writer.write_all(format!("{head}{HOST}\r\n").as_bytes()).await?;
            writer.write_all(&vec![b'a'; 8_000_000]).await?;
            writer.shutdown().await
        });
        let mut answer = Vec::new();
        let whole = reader.read_to_end(&mut answer).await;
        assert!(answer.starts_with(b"HTTP/1.1 413"), "{whole:?} {}", String::from_utf8_lossy(&answer));
        assert!(whole.is_ok(), "the connection was reset");
        sending.await.unwrap().expect("all of it was taken");
    }
}

#[tokio::test]
async fn work_is_never_cut_to_make_room() {
    let site = Site::new(ShellConfig {
        connections_max: 3,
        handler_time: Duration::from_millis(300),
        ..ShellConfig::demo()
    });
    let (address, _stop, _serving) = listen(&site).await;
    let mut at_work = connect([127, 0, 0, 1], address).await;
    assert_eq!(ask(&mut at_work, "/refused").await, "HTTP/1.1 409");
    let mut page = vec![0; 4_096];
    let _ = at_work.read(&mut page).await.unwrap();
    at_work.write_all(format!("GET /stuck HTTP/1.1\r\n{HOST}\r\n").as_bytes()).await.unwrap();
    let mut others = Vec::new();
    for n in 0..20 {
        let mut stream = connect([127, 0, 1, n + 1], address).await;
        assert_eq!(ask(&mut stream, "/").await, "HTTP/1.1 200");
        others.push(stream);
    }
    let mut answer = vec![0; 12];
    at_work.read_exact(&mut answer).await.expect("its answer, late as it is");
    assert_eq!(answer, b"HTTP/1.1 503");
}
