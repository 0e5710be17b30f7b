//! Who may call which route: a route cannot be registered without saying so, and what is not stated is refused.
//!
//! The table of routes and actors is generated from the very registrations that build the router, so it cannot
//! differ from what is served.

use std::{fmt, sync::Arc};

use axum::{
    Router,
    handler::Handler,
    http::Method,
    middleware::from_fn_with_state,
    routing::{MethodFilter, MethodRouter},
};

use super::{Shell, layer, limit::Purpose};

/// A kind of caller, as the shell found it for one request. Pending, disabled and demoted staff are `Nobody`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Actor {
    /// No session and no link.
    Nobody = 0,
    /// Holds the secret link of an appointment.
    LinkHolder = 1,
    /// Front desk.
    FrontDesk = 2,
    /// Therapist.
    Therapist = 3,
    /// Clinical lead.
    ClinicalLead = 4,
    /// Owner.
    Owner = 5,
}

impl Actor {
    /// Every kind, in the order of the table's columns.
    pub const ALL: [Self; 6] =
        [Self::Nobody, Self::LinkHolder, Self::FrontDesk, Self::Therapist, Self::ClinicalLead, Self::Owner];

    /// The word used in log lines and in the table.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::LinkHolder => "link_holder",
            Self::FrontDesk => "front_desk",
            Self::Therapist => "therapist",
            Self::ClinicalLead => "clinical_lead",
            Self::Owner => "owner",
        }
    }
}

/// A set of actors: those a route lets in, or the roles a member of staff holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Access(u8);

impl Access {
    /// Nobody at all.
    pub const NONE: Self = Self(0);
    /// Everybody, with or without a session: a public route.
    pub const ANYONE: Self = Self(0b11_1111);
    /// Holders of an appointment's link only.
    pub const LINK_HOLDER: Self = Self::of(&[Actor::LinkHolder]);
    /// Every confirmed member of staff.
    pub const STAFF: Self =
        Self::of(&[Actor::FrontDesk, Actor::Therapist, Actor::ClinicalLead, Actor::Owner]);

    /// The set of these actors.
    pub const fn of(actors: &[Actor]) -> Self {
        let mut bits = 0;
        let mut i = 0;
        while i < actors.len() {
            bits |= 1 << actors[i] as u8;
            i += 1;
        }
        Self(bits)
    }

    /// Whether `actor` is in the set.
    pub const fn admits(self, actor: Actor) -> bool {
        self.0 & (1 << actor as u8) != 0
    }

    /// Whether both sets have a member in common.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// What one of the sets holds.
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What both sets hold.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The members, in the order of the table's columns.
    pub fn actors(self) -> impl Iterator<Item = Actor> {
        Actor::ALL.into_iter().filter(move |actor| self.admits(*actor))
    }

    /// Counts requests of this route against the limits of `purpose`.
    pub const fn limited(self, purpose: Purpose) -> Terms {
        Terms::of(self).limited(purpose)
    }

    /// Answers problems as JSON.
    pub const fn json(self) -> Terms {
        Terms::of(self).json()
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.actors().map(Actor::word)).finish()
    }
}

/// The terms on which a route is open. Made from an [`Access`], which is the part that cannot be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    pub(super) access: Access,
    pub(super) purpose: Option<Purpose>,
    pub(super) json: bool,
}

impl Terms {
    const fn of(access: Access) -> Self {
        Self { access, purpose: None, json: false }
    }

    /// Counts requests of this route against the limits of `purpose`.
    pub const fn limited(mut self, purpose: Purpose) -> Self {
        self.purpose = Some(purpose);
        self
    }

    /// Answers problems as `application/problem+json`, whatever `Accept` says.
    pub const fn json(mut self) -> Self {
        self.json = true;
        self
    }
}

impl From<Access> for Terms {
    fn from(access: Access) -> Self {
        Self::of(access)
    }
}

/// One registered route, as the layer sees it on each request.
#[derive(Debug)]
pub(super) struct Route {
    /// The path template; the only form of a path that is ever logged.
    pub(super) template: Box<str>,
    pub(super) terms: Terms,
    /// Whether a handler stands behind it; a mere refusal needs no proof of origin and reads no body.
    pub(super) acts: bool,
}

impl Route {
    fn refusal(template: &str) -> Arc<Self> {
        Arc::new(Self { template: template.into(), terms: Access::ANYONE.into(), acts: false })
    }
}

/// A row of the table of routes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The method; a `GET` row answers `HEAD` too.
    pub method: Method,
    /// The path template.
    pub path: String,
    /// Who is let in.
    pub access: Access,
}

impl Row {
    /// The answer the table states for `actor`.
    pub fn answer(&self, actor: Actor) -> Admission {
        decide(self.access, Access::of(&[actor]))
    }
}

/// What the shell decided before the handler ran. It travels in the response's extensions, in process only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// The handler ran.
    Passed,
    /// A sign-in would help: a redirect for pages, 401 otherwise.
    SignIn,
    /// Absent for this actor: 404, the same as for a path that does not exist.
    Hidden,
}

/// The answer the table gives for one actor on one route.
pub fn decide(access: Access, roles: Access) -> Admission {
    if access.meets(roles) {
        Admission::Passed
    } else if roles.meets(Access::STAFF) || !access.meets(Access::STAFF) {
        Admission::Hidden
    } else {
        Admission::SignIn
    }
}

/// Routes being collected. `S` is the state the handlers take.
#[derive(Debug)]
pub struct Routes<S> {
    shell: Arc<Shell>,
    rows: Vec<Row>,
    paths: Vec<(String, MethodRouter<S>)>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// No routes yet: everything is refused.
    pub fn new(shell: Arc<Shell>) -> Self {
        Self { shell, rows: Vec::new(), paths: Vec::new() }
    }

    /// A page or document; `HEAD` is answered too. Its handler writes nothing.
    pub fn get<H, T>(self, path: &str, terms: impl Into<Terms>, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.on(Method::GET, MethodFilter::GET, path, terms.into(), handler)
    }

    /// A change of state: the only method that may write, and only with proof that our own page sent it.
    pub fn post<H, T>(self, path: &str, terms: impl Into<Terms>, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.on(Method::POST, MethodFilter::POST, path, terms.into(), handler)
    }

    fn on<H, T>(mut self, method: Method, filter: MethodFilter, path: &str, terms: Terms, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        let route = Arc::new(Route { template: path.into(), terms, acts: true });
        let handler = handler.layer(from_fn_with_state((self.shell.clone(), route), layer::run));
        self.rows.push(Row { method, path: path.to_owned(), access: terms.access });
        match self.paths.iter_mut().find(|(known, _)| known == path) {
            Some((_, methods)) => *methods = std::mem::take(methods).on(filter, handler),
            None => self.paths.push((path.to_owned(), MethodRouter::new().on(filter, handler))),
        }
        self
    }

    /// The table of what is registered, in the order of registration.
    pub fn table(&self) -> &[Row] {
        &self.rows
    }

    /// The router: the registered routes, and a refusal for everything else.
    pub fn into_router(self, state: S) -> Router {
        let Self { shell, rows, paths } = self;
        let mut router = Router::new();
        for (path, methods) in paths {
            let allow = allowed(&rows, &path);
            let route = Route::refusal(&path);
            let refuse = move || layer::refuse_method(allow.clone());
            let refuse = refuse.layer(from_fn_with_state((shell.clone(), route), layer::run));
            router = router.route(&path, methods.fallback(refuse));
        }
        let unknown = Route::refusal("(none)");
        let absent = layer::refuse_path.layer(from_fn_with_state((shell, unknown), layer::run));
        router.fallback(absent).with_state(state)
    }
}

/// The value of `Allow` for a path.
fn allowed(rows: &[Row], path: &str) -> String {
    let mut words = Vec::new();
    for row in rows.iter().filter(|row| row.path == path) {
        words.push(row.method.as_str());
        if row.method == Method::GET {
            words.push("HEAD");
        }
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_for_each_kind_of_actor() {
        let role = |actor| Access::of(&[actor]);
        let desk = Access::of(&[Actor::FrontDesk, Actor::Owner]);
        let cases = [
            (Access::ANYONE, role(Actor::Nobody), Admission::Passed),
            (Access::ANYONE, role(Actor::Therapist), Admission::Passed),
            (Access::NONE, role(Actor::Owner), Admission::Hidden),
            (Access::NONE, role(Actor::Nobody), Admission::Hidden),
            (Access::LINK_HOLDER, role(Actor::Nobody), Admission::Hidden),
            (Access::LINK_HOLDER, role(Actor::LinkHolder), Admission::Passed),
            (Access::LINK_HOLDER, role(Actor::Owner), Admission::Hidden),
            (desk, role(Actor::Nobody), Admission::SignIn),
            (desk, role(Actor::LinkHolder), Admission::SignIn),
            (desk, role(Actor::Therapist), Admission::Hidden),
            (desk, role(Actor::FrontDesk), Admission::Passed),
            (desk, Access::of(&[Actor::Therapist, Actor::Owner]), Admission::Passed),
        ];
        for (access, roles, expected) in cases {
            assert_eq!(decide(access, roles), expected, "{access:?} for {roles:?}");
        }
    }

    #[test]
    fn a_set_holds_what_was_put_in() {
        for actor in Actor::ALL {
            let only = Access::of(&[actor]);
            assert_eq!(only.actors().collect::<Vec<_>>(), [actor]);
            assert!(Access::ANYONE.admits(actor) && !Access::NONE.admits(actor));
        }
    }
}
