//! What every handler works with: the use cases' environment, the shell, the site; and how the two sides' words for
//! actors and failures are matched.

use std::sync::Arc;

use app::{Acting, Actor, Env, Failure, Secret};
use axum::extract::FromRef;
use record::Role;
use vocab::AppointmentId;

use crate::{
    frame::Site,
    shell::{
        self, Access, Context, FormErrors, LinkHolder, Problem, Purpose, Sessions, Shell, StaffActor,
        TokenHash, access,
    },
};

/// The state of the router. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Web {
    /// The use cases' environment.
    pub env: Env,
    /// The shell.
    pub shell: Arc<Shell>,
    /// What the public pages are written from.
    pub site: Arc<Site>,
}

impl FromRef<Web> for Arc<Site> {
    fn from_ref(web: &Web) -> Self {
        web.site.clone()
    }
}

impl Web {
    /// A visitor acts.
    pub(crate) fn visitor(&self, context: &Context) -> Acting {
        Acting { actor: Actor::Visitor, operation_id: context.operation_id() }
    }

    /// The holder of an appointment's link acts.
    pub(crate) fn holder(&self, context: &Context, id: AppointmentId) -> Acting {
        Acting { actor: Actor::LinkHolder(id), operation_id: context.operation_id() }
    }

    /// Runs a use case on a thread that may block.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        context: &Context,
        work: impl FnOnce(&Env) -> Result<T, Failure> + Send + 'static,
    ) -> Result<Result<T, Failure>, Problem> {
        let env = self.env.clone();
        context.blocking(move || work(&env)).await
    }

    /// The same for a member of staff, as they may act now.
    pub(crate) async fn run_as_staff<T: Send + 'static>(
        &self,
        context: &Context,
        staff: &StaffActor,
        work: impl FnOnce(&Env, &Acting) -> Result<T, Failure> + Send + 'static,
    ) -> Result<Result<T, Failure>, Problem> {
        let (id, operation_id) = (staff.staff_id, context.operation_id());
        self.run(context, move |env| {
            let acting = Acting { actor: Actor::Staff(app::staff::acting_as(env, id)?), operation_id };
            work(env, &acting)
        })
        .await
    }
}

/// The secret that tells this visitor from others.
pub(crate) fn visitor_secret(context: &Context) -> Secret {
    Secret::from_bits(
        u128::from_str_radix(context.visitor(), 16).unwrap_or_else(|_| context.shell().random_bits()),
    )
}

/// A failure as the page that says so.
pub(crate) fn problem(failure: Failure) -> Problem {
    match failure {
        Failure::NotFound => Problem::not_found(),
        Failure::Refused(refusal) => {
            let (title, advice) = refusal.words();
            Problem::refused(refusal.code(), title, advice)
        }
        Failure::Form(errors) => Problem::form(form_errors(&errors)),
        Failure::Fault(fault) if fault.is_passing() => Problem::away(5).because(Arc::new(fault)),
        Failure::Fault(fault) if fault.is_disk_full() => Problem::full(Arc::new(fault)),
        Failure::Fault(fault) => Problem::fault(Arc::new(fault)),
    }
}

/// Counts a well formed form against the limit of `purpose`. Too often: the problem, and the sentence for the head of the
/// form that comes back filled.
pub(crate) fn limited(context: &Context, purpose: Purpose) -> Result<(), (Problem, String)> {
    context.limit(purpose).map_err(|problem| {
        let words = format!("{}. Everything you typed is still here. {}", problem.title(), problem.advice());
        (problem, words)
    })
}

/// For a form that can come back filled: the problem of a failure that passes, and the sentence for the head of the
/// form. Any other failure is the page that says so.
pub(crate) fn passing(context: &Context, failure: Failure) -> Result<(Problem, String), Problem> {
    let problem = problem(failure);
    if problem.retry_after().is_none() || !problem.status().is_server_error() {
        return Err(problem);
    }
    let words = format!(
        "{}. Everything you typed is still here: please send it again in a moment. If it is urgent, ring the clinic and \
         tell us this number: {}",
        problem.title(),
        context.operation_id()
    );
    Ok((problem, words))
}

fn form_errors(errors: &app::FormErrors) -> FormErrors {
    let mut all = FormErrors::new();
    for (field, message) in errors.iter() {
        all.add(field, message);
    }
    all
}

/// Who holds a session or a link, asked of the use cases.
#[derive(Debug)]
pub struct StoredSessions(pub Env);

impl Sessions for StoredSessions {
    fn staff(&self, token: &TokenHash) -> Result<Option<StaffActor>, shell::Fault> {
        let found = app::staff::by_session(&self.0, &token.0).map_err(fault)?;
        Ok(found.map(|(session_id, staff)| StaffActor {
            staff_id: staff.id,
            clinic_id: self.0.clinic_id,
            session_id,
            roles: roles(staff.role),
        }))
    }

    fn link(&self, token: &TokenHash) -> Result<Option<LinkHolder>, shell::Fault> {
        let found = app::appointments::by_link(&self.0, &token.0).map_err(fault)?;
        Ok(found.map(|appointment_id| LinkHolder { appointment_id, clinic_id: self.0.clinic_id }))
    }
}

/// A role as the table of routes calls it. Assistants see what therapists see.
pub(crate) fn roles(role: Role) -> Access {
    Access::of(&[match role {
        Role::FrontDesk => access::Actor::FrontDesk,
        Role::Practitioner | Role::Assistant => access::Actor::Therapist,
        Role::ClinicalLead => access::Actor::ClinicalLead,
        Role::Owner => access::Actor::Owner,
    }])
}

fn fault(failure: Failure) -> shell::Fault {
    match failure {
        Failure::Fault(fault) => Arc::new(fault),
        other => Arc::new(std::io::Error::other(format!("a look-up was refused: {other:?}"))),
    }
}
