//! The protocol in force: its bytes are kept once by their SHA-256, and a clinician signs exactly those.

use protocol::Protocol;
use record::{ProtocolSignOff, Role};
use sha2::{Digest, Sha256};
use store::Tx;

use crate::{
    Acting, Action, Actor, Env, Failure, Refusal, audit,
    diary::{self, Rules},
};

/// A loaded protocol with the text it was loaded from.
#[derive(Debug)]
pub struct ProtocolInForce {
    /// The protocol.
    pub protocol: Protocol,
    /// SHA-256 of [`Self::text`], in hexadecimal.
    pub sha256: String,
    /// All its files in one text: for each, in the order of names, a line `=== NAME LENGTH`, then the file.
    pub text: String,
}

impl ProtocolInForce {
    /// The protocol made of these files (name and text), or everything that is wrong with them.
    pub fn parse(files: &[(&str, &str)]) -> Result<Self, Vec<protocol::Problem>> {
        let protocol = Protocol::parse(files)?;
        let mut sorted = files.to_vec();
        sorted.sort_unstable();
        let mut text = String::new();
        for (name, content) in sorted {
            text.push_str(&format!("=== {name} {}\n{content}\n", content.len()));
        }
        let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        let sha256 = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { protocol, sha256, text })
    }
}

/// Who signed the protocol in force, if anybody did.
pub fn signed_by(tx: &mut Tx<'_>, env: &Env) -> Result<Option<ProtocolSignOff>, Failure> {
    Ok(store::protocols::sign_offs(tx, env.clinic_id, &env.protocol.sha256)?.into_iter().next())
}

/// Whether anything can be booked, as far as it is known without a look into the database.
pub fn is_known_open(env: &Env) -> Result<bool, Failure> {
    Ok(is_known(env, &diary::current(env)?.rules))
}

fn is_known(env: &Env, rules: &Rules) -> bool {
    rules.clinic.is_demo || env.diary.signed.get().is_some()
}

/// Whether anything can be booked: a clinician has signed the protocol in force, or the clinic is a demo.
pub fn is_open(env: &Env) -> Result<bool, Failure> {
    let is_open = is_known_open(env)? || env.store.read(|tx| signed_by(tx, env))?.is_some();
    if is_open && !diary::current(env)?.rules.clinic.is_demo {
        env.diary.signed.get_or_init(|| ());
    }
    Ok(is_open)
}

/// Refuses what leads to a booking as long as nothing can be booked.
pub(crate) fn require_open(tx: &mut Tx<'_>, env: &Env, rules: &Rules) -> Result<(), Failure> {
    match is_known(env, rules) || signed_by(tx, env)?.is_some() {
        true => Ok(()),
        false => Err(Refusal::ProtocolNotSigned.into()),
    }
}

/// The clinical lead signs the protocol in force, or somebody with a shell does so in the name of one.
pub fn sign_off(env: &Env, acting: &Acting, signer: record::Staff) -> Result<(), Failure> {
    acting.require(Action::SignProtocol)?;
    if let Actor::Staff(staff) = &acting.actor
        && staff.id != signer.id
    {
        return Err(Failure::NotFound);
    }
    if signer.role != Role::ClinicalLead {
        return Err(Failure::NotFound);
    }
    let (env, acting) = (env.clone(), acting.clone());
    let store = env.store.clone();
    store.write(move |tx| {
        let now = env.clock.now();
        store::protocols::keep_text(tx, env.clinic_id, env.protocol.text.as_bytes())?;
        let sign_off = ProtocolSignOff {
            protocol_sha256: env.protocol.sha256.clone(),
            staff_id: signer.id,
            signed_name: signer.name.clone(),
            signed_at: now,
        };
        store::protocols::sign_off(tx, env.clinic_id, &sign_off)?;
        audit::note(tx, &env, &acting, "protocol.sign-off", "protocol", &env.protocol.sha256, "")
    })
}
