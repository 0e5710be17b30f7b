//! What holds for any input whatever.

use std::{net::IpAddr, time::Duration};

use jiff::Timestamp;
use proptest::prelude::*;
use web::shell::{
    Limiter, Limits, Purpose, Signer,
    limit::{AddressKey, Rate},
    local_target,
    token::{TokenError, TokenPurpose},
};

use crate::shell::{Site, framing::send_to};

/// A limiter whose only limit is `rate` per address.
fn limiter(rate: Rate) -> Limiter {
    let mut limits = Limits::free();
    limits.hold.address = rate;
    Limiter::new(limits, 1_000)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

/// Bytes that look like a request, with something odd put in somewhere.
fn odd_request() -> impl Strategy<Value = Vec<u8>> {
    let plain = "POST /book HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nContent-Length: 3\r\nX: y\r\n\r\na=b";
    let odd = prop_oneof![
        any::<Vec<u8>>(),
        Just(b"\r\n".to_vec()),
        Just(b"%2f..%00".to_vec()),
        Just(b"\r\nTransfer-Encoding: chunked\r\n".to_vec()),
        Just(b"\r\nHost: evil.example\r\n".to_vec()),
        Just(b" HTTP/1.1".to_vec()),
    ];
    (0..plain.len(), 0..8usize, odd).prop_map(move |(at, cut, odd)| {
        let mut bytes = plain.as_bytes().to_vec();
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, odd);
        bytes
    })
}

proptest! {
    /// In any stretch of time no more pass than the burst and what has come due, and the stated wait is exact to
    /// the second.
    #[test]
    fn a_limit_is_kept_and_its_wait_is_honest(
        burst in 1u32..6,
        every in 1u64..5_000_000,
        steps in prop::collection::vec(0u64..8_000_000, 1..60),
    ) {
        let limiter = limiter(Rate::new(burst, Duration::from_micros(every)));
        let who = AddressKey::from("192.0.2.1".parse::<IpAddr>().unwrap());
        let mut now = 1_000_000u64;
        let mut passed = Vec::new();
        for step in steps {
            now += step;
            match limiter.take(Purpose::Hold, who, Duration::from_micros(now)) {
                Ok(()) => passed.push(now),
                Err(often) => {
                    let wait = often.seconds * 1_000_000;
                    if wait > 1_000_000 {
                        let early = Duration::from_micros(now + wait - 1_000_000);
                        prop_assert!(limiter.take(Purpose::Hold, who, early).is_err(), "told to wait too long");
                    }
                    now += wait;
                    let later = limiter.take(Purpose::Hold, who, Duration::from_micros(now));
                    prop_assert_eq!(later, Ok(()), "the stated wait was too short");
                    passed.push(now);
                }
            }
        }
        for (i, from) in passed.iter().enumerate() {
            for (j, to) in passed.iter().enumerate().skip(i) {
                let due = u64::from(burst) + (to - from) / every;
                prop_assert!((j - i + 1) as u64 <= due, "{} passed in {} us", j - i + 1, to - from);
            }
        }
    }

    #[test]
    fn no_invented_token_passes(token in "[0-9a-f]{112}", any in ".*") {
        let signer = Signer::new(&[3; 32]);
        let ages = (Duration::ZERO, Duration::MAX);
        for token in [token, any] {
            let answer = signer.check(TokenPurpose::Form, "holder", &token, Timestamp::UNIX_EPOCH, ages);
            prop_assert_eq!(answer, Err(TokenError::Forged));
        }
    }

    #[test]
    fn a_local_target_stays_on_the_site(target in "[/\\\\a-z:@.%?#\\x00-\\x20]{0,12}") {
        if let Some(target) = local_target(&target) {
            let joined = axum::http::Uri::try_from(format!("https://clinic.example{target}"));
            if let Ok(uri) = joined {
                prop_assert_eq!(uri.host(), Some("clinic.example"));
            }
            prop_assert!(target.starts_with('/') && !target[1..].starts_with(['/', '\\']));
        }
    }

    /// Whatever arrives: no fault, no change without proof of origin, and the server goes on.
    #[test]
    fn odd_bytes_change_nothing(bytes in odd_request()) {
        let site = Site::demo();
        let answer = runtime().block_on(send_to(&site, &bytes));
        for line in answer.split("HTTP/1.1 ").skip(1) {
            prop_assert!(line.starts_with('4'), "{}", answer);
        }
        prop_assert_eq!(site.writes(), 0);
        prop_assert!(site.log().iter().all(|line| !line.contains("fault") && !line.contains('\n')));
    }
}
