//! What an organization has subscribed to.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use maud::{Markup, html};
use mira_console::ConsoleError;
use mira_core::{Plan, Subscription, SubscriptionStatus, Timestamp};

use crate::control::{self, Input};
use crate::fault::{Fault, SUBSCRIPTION_REQUIRED};
use crate::fields::{Fields, invalid};
use crate::flash::Notice;
use crate::viewer::Viewer;
use crate::{Dashboard, badge, moment, organization};

const PATH: &str = "/settings/organization/subscription";

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new().route(PATH, post(change))
}

async fn change(
    State(dashboard): State<Dashboard>,
    viewer: Viewer,
    fields: Fields,
) -> Result<Response, Fault> {
    let (id, subscription) = (viewer.organization.id, read(&fields, &viewer)?);
    let settled = dashboard
        .console
        .set_subscription(&viewer.caller, id, subscription)
        .await?;
    let href = viewer
        .href(organization::PATH)
        .saying(Notice::SubscriptionChanged);
    Ok(href.since(settled.effect).see_other())
}

fn read(fields: &Fields, viewer: &Viewer) -> Result<Subscription, ConsoleError> {
    let before = viewer.organization.subscription.current_period_end;
    let shown = before.map_or_else(String::new, moment::control_value);
    let current_period_end = match fields.given("current_period_end") {
        None => None,
        Some(text) if text == shown => before,
        Some(text) => Some(
            moment::read_control(text)
                .ok_or_else(|| invalid("An instant is written as in 2026-01-15T10:30, in UTC"))?,
        ),
    };
    Ok(Subscription {
        plan: fields.required("plan")?,
        status: fields.required("status")?,
        current_period_end,
    })
}

/// The subscription, and for superadmins its form.
pub(crate) fn section(viewer: &Viewer, now: Timestamp) -> Markup {
    let subscription = viewer.organization.subscription;
    html! {
        section aria-labelledby="subscription" {
            div.section-head {
                h2 #subscription { "Subscription" }
                (badge::subscription(subscription, now))
            }
            @if !subscription.is_active(now) { p.muted { (SUBSCRIPTION_REQUIRED) } }
            @if viewer.is_superadmin() { (form(viewer, subscription)) } @else { (facts(subscription)) }
        }
    }
}

fn facts(subscription: Subscription) -> Markup {
    html! {
        dl.facts.panel {
            div { dt { "Plan" } dd { (plan_title(subscription.plan)) } }
            div { dt { "Status" } dd { (status_title(subscription.status)) } }
            div {
                dt { "Period ends" }
                dd {
                    @match subscription.current_period_end {
                        Some(at) => (moment::minute(at)),
                        None => span.muted { "never" },
                    }
                }
            }
        }
    }
}

fn form(viewer: &Viewer, subscription: Subscription) -> Markup {
    let plans: Vec<_> = Plan::ALL
        .iter()
        .map(|plan| (plan.as_str(), plan_title(*plan)))
        .collect();
    let statuses: Vec<_> = SubscriptionStatus::ALL
        .iter()
        .map(|status| (status.as_str(), status_title(*status)))
        .collect();
    let end = subscription
        .current_period_end
        .map_or_else(String::new, moment::control_value);
    html! {
        form.panel.inline-form method="post" action=(viewer.href(PATH)) {
            (control::select("Plan", "plan", &plans, subscription.plan.as_str()))
            (control::select("Status", "status", &statuses, subscription.status.as_str()))
            (Input::new("datetime-local", "Period ends (UTC)", "current_period_end").value(&end))
            button.button type="submit" { "Change subscription" }
        }
    }
}

const fn plan_title(plan: Plan) -> &'static str {
    match plan {
        Plan::PayAsYouGo => "Pay as you go",
        Plan::Business => "Business",
        Plan::Enterprise => "Enterprise",
    }
}

const fn status_title(status: SubscriptionStatus) -> &'static str {
    match status {
        SubscriptionStatus::Active => "Active",
        SubscriptionStatus::PastDue => "Past due",
        SubscriptionStatus::Canceled => "Canceled",
    }
}
