//! Proofs a handler takes as arguments: a value of one of these types exists only for a caller who may.
//!
//! The table of routes already keeps others out. A handler that says in its signature whom it needs stays closed
//! even when somebody gets the table wrong.

use std::{fmt, marker::PhantomData, ops::Deref};

use axum::{extract::FromRequestParts, http::request::Parts};

use super::{
    access::Access,
    context::Context,
    ports::{LinkHolder, StaffActor},
    problem::Problem,
};

/// Roles that are enough, as a type.
pub trait Role: Send + Sync + 'static {
    /// The roles, one of which is needed. Use it as the route's access too.
    const ACCESS: Access;
}

/// Any confirmed member of staff.
#[derive(Debug)]
pub enum AnyStaff {}
impl Role for AnyStaff {
    const ACCESS: Access = Access::STAFF;
}

/// A confirmed member of staff who holds one of the roles of `R` at this moment.
pub struct ConfirmedStaff<R> {
    actor: StaffActor,
    role: PhantomData<fn() -> R>,
}

impl<R> fmt::Debug for ConfirmedStaff<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ConfirmedStaff").field(&self.actor).finish()
    }
}

impl<R> Deref for ConfirmedStaff<R> {
    type Target = StaffActor;
    fn deref(&self) -> &StaffActor {
        &self.actor
    }
}

impl<S: Sync, R: Role> FromRequestParts<S> for ConfirmedStaff<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let context = Context::from_request_parts(parts, state).await?;
        let actor = context.staff().filter(|staff| staff.roles.and(Access::STAFF).meets(R::ACCESS));
        let actor = actor.ok_or_else(Problem::not_found)?.clone();
        Ok(Self { actor, role: PhantomData })
    }
}

impl<S: Sync> FromRequestParts<S> for LinkHolder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let context = Context::from_request_parts(parts, state).await?;
        context.link().cloned().ok_or_else(Problem::not_found)
    }
}
