//! A service: an upstream behind the gateway, and the keys it is for.

use std::sync::Arc;

use http::Method;
use mira_core::{Access, Audience, Environments, Permission};
use mira_key::ServiceName;
use mira_wire::Refusal;

use crate::{HeaderRules, Upstream};

/// One `[[service]]`. Everything below its prefix is forwarded.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its name, which is in the keys of an app service.
    pub name: ServiceName,
    /// The path prefix, without a slash at its end. It matches whole segments and
    /// is kept when a request is forwarded.
    pub prefix: String,
    /// Where requests are forwarded to. Clones share one pool, so a
    /// configuration that is read again can keep it.
    pub upstream: Arc<Upstream>,
    /// The keys it is for.
    pub audience: Audience,
    /// The environments it accepts.
    pub environments: Environments,
    /// The methods it answers, and what an organization key needs for each; the
    /// permission means nothing to app keys, which carry none. Absent: every
    /// method but `CONNECT` and `TRACE`.
    pub methods: Option<Vec<(Method, Permission)>>,
    /// Whether the app must have a balance.
    pub is_metered: bool,
    /// What is added to its requests and taken out of its answers.
    pub headers: HeaderRules,
}

/// What a service says of a method.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    Unanswered,
    Answered(Option<Permission>),
}

/// What is allowed where every method is answered.
const EVERY_METHOD: &str = "GET,HEAD,POST,PUT,PATCH,DELETE,OPTIONS";

impl Service {
    /// What `method` demands. A method that is not answered still needs a good
    /// key before it is told so.
    pub(crate) fn access(&self, method: &Method) -> Access {
        let (permission, is_answered) = match self.rule(method) {
            Rule::Answered(permission) => (permission, true),
            Rule::Unanswered => (None, false),
        };
        Access {
            audience: self.audience,
            permission: permission.filter(|_| self.audience == Audience::Organization),
            environments: self.environments,
            is_metered: self.is_metered && is_answered,
            ..Access::ANY
        }
    }

    /// Refuses a method that is not answered.
    pub(crate) fn check_method(&self, method: &Method) -> Result<(), Refusal> {
        match self.rule(method) {
            Rule::Answered(_) => Ok(()),
            Rule::Unanswered => Err(Refusal::method_not_allowed(self.allow())),
        }
    }

    fn rule(&self, method: &Method) -> Rule {
        // Both speak to this server and not through it (RFC 9110 §9.3.6, §9.3.8).
        if *method == Method::CONNECT || *method == Method::TRACE {
            return Rule::Unanswered;
        }
        let Some(methods) = &self.methods else {
            return Rule::Answered(None);
        };
        let listed = |wanted: &Method| methods.iter().find(|(method, _)| method == wanted);
        let found = listed(method).or_else(|| {
            let reads = *method == Method::HEAD;
            reads.then(|| listed(&Method::GET)).flatten()
        });
        found.map_or(Rule::Unanswered, |(_, permission)| {
            Rule::Answered(Some(*permission))
        })
    }

    fn allow(&self) -> String {
        let Some(methods) = &self.methods else {
            return EVERY_METHOD.to_owned();
        };
        let names = methods.iter().map(|(method, _)| method.as_str());
        allow(names)
    }
}

/// The value of `Allow`: `GET` brings `HEAD` along.
pub(crate) fn allow<'n>(methods: impl Iterator<Item = &'n str>) -> String {
    let mut allowed: Vec<&str> = Vec::new();
    let mut add = |name| {
        if !allowed.contains(&name) {
            allowed.push(name);
        }
    };
    for name in methods {
        add(name);
        if name == "GET" {
            add("HEAD");
        }
    }
    allowed.join(",")
}
