//! What a handler may know of a request beside its own input: who asks, from where, and the means to answer.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, request::Parts},
};
use jiff::{SignedDuration, Timestamp};
use vocab::OperationId;

use super::{
    Shell,
    access::{Access, Actor},
    cookie::CookieName,
    limit::{AddressKey, Purpose},
    ports::{LinkHolder, StaffActor},
    problem::Problem,
    token::{Token, TokenError, TokenPurpose},
};

/// The name of the field that people do not see and machines fill in.
pub const TRAP_FIELD: &str = "website";

/// One request as the shell understood it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Context(Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) shell: Arc<Shell>,
    pub(super) operation_id: OperationId,
    pub(super) received_at: Timestamp,
    pub(super) client: IpAddr,
    pub(super) staff: Option<StaffActor>,
    pub(super) link: Option<LinkHolder>,
    /// The visitor's cookie, or the value it will get.
    pub(super) visitor: String,
    pub(super) visitor_is_new: bool,
    /// Whether it may change something: such work waits for the disk, and others do not wait behind it.
    pub(super) writes: bool,
    pub(super) visitor_used: AtomicBool,
}

/// Why a public form was not taken. The page shows the form again with everything typed and a fresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormRefusal {
    /// Open for too long, or the cookie has gone: say "please send it once more".
    Stale,
    /// Sent back faster than a person types: say "please wait `wait`, then send it once more".
    TooQuick {
        /// What is missing.
        wait: Duration,
    },
    /// The hidden field was filled in: say that the field is to stay empty.
    Trap,
}

impl Context {
    pub(super) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// The id of this request, as on error pages and in the log.
    pub fn operation_id(&self) -> OperationId {
        self.0.operation_id
    }

    /// When the request was received.
    pub fn received_at(&self) -> Timestamp {
        self.0.received_at
    }

    /// The shell: clock, chance, limits, blocking work.
    pub fn shell(&self) -> &Arc<Shell> {
        &self.0.shell
    }

    /// The client's address, for the audit trail. It is never logged.
    pub fn client(&self) -> IpAddr {
        self.0.client
    }

    /// The member of staff, on routes that are not open to everybody.
    pub fn staff(&self) -> Option<&StaffActor> {
        self.0.staff.as_ref()
    }

    /// The holder of an appointment's link, on routes that are not open to everybody.
    pub fn link(&self) -> Option<&LinkHolder> {
        self.0.link.as_ref()
    }

    /// What the caller was found to be.
    pub fn roles(&self) -> Access {
        let staff = self.0.staff.as_ref().map_or(Access::NONE, |staff| staff.roles.and(Access::STAFF));
        let link = if self.0.link.is_some() { Access::LINK_HOLDER } else { Access::NONE };
        let known = staff.or(link);
        if known == Access::NONE { Access::of(&[Actor::Nobody]) } else { known }
    }

    /// 128 bits that tell this visitor's forms and holds from others'; the cookie is set with the answer.
    pub fn visitor(&self) -> &str {
        self.0.visitor_used.store(true, Ordering::Relaxed);
        &self.0.visitor
    }

    /// Whether the browser sent the visitor's cookie: one that keeps no cookies never does.
    pub fn knows_visitor(&self) -> bool {
        !self.0.visitor_is_new
    }

    /// The cookie to set, if a handler asked for the visitor and the browser has none yet.
    pub(super) fn new_visitor_cookie(&self) -> Option<HeaderValue> {
        let wanted = self.0.visitor_is_new && self.0.visitor_used.load(Ordering::Relaxed);
        wanted.then(|| self.0.shell.cookies().set(CookieName::Visitor, &self.0.visitor, None)).flatten()
    }

    /// A token for the hidden field [`super::csrf::FORM_TOKEN_FIELD`] of a form that is being shown.
    pub fn form_token(&self) -> String {
        let shell = &self.0.shell;
        shell.signer().issue(TokenPurpose::Form, self.visitor(), self.0.received_at, shell.random_bits())
    }

    /// A token for a form that is shown again with what was sent: the same, so that whoever mends a letter has not to wait
    /// anew. One that is too old is made anew, ripe already: its holder has shown more patience than is asked for. What
    /// is not ours counts as a form shown for the first time.
    pub fn form_token_again(&self, sent: &str) -> String {
        let shell = &self.0.shell;
        let (least, most) = shell.config().form_age;
        let now = self.0.received_at;
        let purpose = TokenPurpose::Form;
        match shell.signer().check(purpose, self.visitor(), sent, now, (Duration::ZERO, most)) {
            Ok(_) => sent.to_owned(),
            Err(TokenError::Expired) => {
                let ripe = now.checked_sub(SignedDuration::try_from(least).unwrap_or_default());
                shell.signer().issue(purpose, self.visitor(), ripe.unwrap_or(now), shell.random_bits())
            }
            Err(_) => self.form_token(),
        }
    }

    /// Whether a sent form is a person's: the token is ours and neither too young nor too old, and the field nobody
    /// sees ([`TRAP_FIELD`]) is empty. The token's nonce is different for each form shown and may serve as the
    /// idempotency key of what is sent.
    pub fn check_form(&self, token: &str, trap: &str) -> Result<Token, FormRefusal> {
        if !trap.is_empty() {
            return Err(FormRefusal::Trap);
        }
        let shell = &self.0.shell;
        let ages = shell.config().form_age;
        let now = self.0.received_at;
        shell.signer().check(TokenPurpose::Form, self.visitor(), token, now, ages).map_err(
            |error| match error {
                TokenError::Forged | TokenError::Expired => FormRefusal::Stale,
                TokenError::TooSoon { wait } => FormRefusal::TooQuick { wait },
            },
        )
    }

    /// Counts this request against the limit of `purpose`: for routes whose form comes back filled when it is too much,
    /// and that count only what is well formed.
    pub fn limit(&self, purpose: Purpose) -> Result<(), Problem> {
        let now = self.0.shell.clock().monotonic();
        let taken = self.0.shell.limiter().take(purpose, AddressKey::from(self.0.client), now);
        taken.map_err(|often| Problem::too_often(often.seconds))
    }

    /// Counts one try on `account`, written in its one form, from where the request came, against the limit of `purpose`.
    pub fn limit_account(&self, purpose: Purpose, account: &str) -> Result<(), Problem> {
        let now = self.0.shell.clock().monotonic();
        let taken = self.0.shell.limiter().take_for_account(purpose, account, self.client().into(), now);
        taken.map_err(|often| Problem::too_often(often.seconds))
    }

    /// Notes that `account`, written in its one form, is its owner's where the request came from.
    pub fn know_account(&self, purpose: Purpose, account: &str) {
        let now = self.0.shell.clock().monotonic();
        self.0.shell.limiter().know(purpose, account, self.client().into(), now);
    }

    /// Runs work that may block. See [`super::Blocking::run`].
    pub async fn blocking<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let shell = &self.0.shell;
        let threads = if self.0.writes { shell.writing() } else { shell.blocking() };
        threads.run(work).await
    }
}

impl<S: Sync> FromRequestParts<S> for Context {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Only a route registered past the shell lacks it, and such a route answers nothing.
        parts.extensions.get::<Self>().cloned().ok_or_else(Problem::not_found)
    }
}
