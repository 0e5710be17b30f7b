//! The protocol that ships with the program loads clean, and all its cases come out as written.

use protocol::run_cases;

#[test]
fn it_loads_and_all_cases_pass() {
    let protocol = super::shipped();
    let failures: Vec<String> = run_cases(&protocol).iter().map(ToString::to_string).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
