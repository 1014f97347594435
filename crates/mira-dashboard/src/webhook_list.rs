//! Settings → Webhooks: where the organization's events are sent.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use maud::{Markup, html};
use mira_console::{ConsoleError, Event, NewWebhook, Webhook};

use crate::control::{self, Input};
use crate::fault::Fault;
use crate::fields::Fields;
use crate::layout::{self, Section};
use crate::viewer::Viewer;
use crate::webhook_page::{state, webhook_href};
use crate::{Dashboard, moment};

pub(crate) const PATH: &str = "/settings/webhooks";

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new()
        .route(PATH, get(list).post(create))
        .route("/settings/webhooks/new", get(form))
}

async fn list(State(dashboard): State<Dashboard>, viewer: Viewer) -> Result<Markup, Fault> {
    viewer.require_admin()?;
    let id = viewer.organization.id;
    let webhooks = dashboard.console.webhooks(&viewer.caller, id).await?;
    let create = html! {
        a.button.primary href=(viewer.href("/settings/webhooks/new")) { "Create webhook" }
    };
    let body = html! {
        (layout::heading(
            &html! { "Webhooks" },
            &html! { "Mira tells other systems when something has happened." },
            &create,
        ))
        @if webhooks.is_empty() {
            div.empty {
                h2 { "No webhooks yet" }
                p { "A webhook is a URL that gets a signed message for each event." }
                (create)
            }
        } @else { (table(&viewer, &webhooks)) }
    };
    Ok(layout::page(&viewer, Section::Webhooks, "Webhooks", &body))
}

async fn form(viewer: Viewer) -> Result<Markup, Fault> {
    viewer.require_admin()?;
    let all = Event::ALL.iter();
    let fields = all.fold(Fields::default(), |fields, event| {
        fields.with("events", event.as_str())
    });
    Ok(form_page(&viewer, &fields, None))
}

async fn create(
    State(dashboard): State<Dashboard>,
    viewer: Viewer,
    fields: Fields,
) -> Result<Response, Fault> {
    let new = NewWebhook {
        url: fields.text("url").to_owned(),
        description: fields.text("description").to_owned(),
        events: fields.all("events").map(str::to_owned).collect(),
    };
    let (id, console) = (viewer.organization.id, &dashboard.console);
    let (status, problem) = match console.create_webhook(&viewer.caller, id, new).await {
        Ok(webhook) => return Ok(shown(&viewer, &webhook)),
        Err(ConsoleError::Invalid(problem)) => (StatusCode::BAD_REQUEST, problem),
        Err(ConsoleError::Conflict(problem)) => (StatusCode::CONFLICT, problem),
        Err(error) => return Err(error.into()),
    };
    let page = form_page(&viewer, &fields, Some(&problem));
    Ok((status, page).into_response())
}

/// The page that shows a webhook's secret, this once.
pub(crate) fn shown(viewer: &Viewer, webhook: &Webhook) -> Response {
    let secret = webhook.secrets.current().expose();
    let body = html! {
        div.result {
            h1 { "The signing secret" }
            div.alert.warn role="status" {
                p { strong { "Copy the secret now: it is shown only once." } }
                p { "Your server checks with it that a message came from here." }
            }
            div.secret {
                label for="secret" { "Signing secret" }
                div.secret-line {
                    input #secret type="text" readonly value=(*secret) autocomplete="off"
                        spellcheck="false" data-secret;
                    button.button.primary type="button" data-copy="secret" hidden { "Copy" }
                }
            }
            p.muted {
                "Messages are signed by the Standard Webhooks rules, which have a library for most "
                "languages: " code { "webhook-id" } ", " code { "webhook-timestamp" } " and "
                code { "webhook-signature" } "."
            }
            p.actions {
                a.button.primary href=(webhook_href(viewer, webhook.id)) { "Done" }
            }
        }
    };
    layout::once(viewer, Section::Webhooks, "Signing secret", &body)
}

/// The fields of a webhook.
pub(crate) fn inputs(fields: &Fields) -> Markup {
    html! {
        (Input::new("url", "URL", "url").required().value(fields.text("url"))
            .placeholder("https://example.com/hooks/mira")
            .hint("A public address that takes POST and answers 2xx within 20 seconds."))
        (Input::new("text", "Description", "description").value(fields.text("description")))
        fieldset.field {
            legend { "Events" }
            div.choices {
                @for event in Event::ALL {
                    @let word = event.as_str();
                    label.choice {
                        input type="checkbox" name="events" value=(word)
                            checked[fields.all("events").any(|chosen| chosen == word)];
                        span { code { (word) } span.hint { (meaning(*event)) } }
                    }
                }
            }
        }
    }
}

fn form_page(viewer: &Viewer, fields: &Fields, problem: Option<&str>) -> Markup {
    let body = html! {
        (layout::back(&viewer.href(PATH), "Webhooks"))
        (layout::heading(&html! { "Create webhook" }, &html! {}, &html! {}))
        (control::problem(problem))
        form.panel.stack method="post" action=(viewer.href(PATH)) {
            (inputs(fields))
            p.actions {
                button.button.primary type="submit" { "Create webhook" }
                a.button href=(viewer.href(PATH)) { "Cancel" }
            }
        }
    };
    layout::page(viewer, Section::Webhooks, "Create webhook", &body)
}

fn table(viewer: &Viewer, webhooks: &[Webhook]) -> Markup {
    html! {
        div.table {
            table {
                caption.visually-hidden { "Webhooks of the organization" }
                thead { tr {
                    th scope="col" { "URL" }
                    th scope="col" { "Events" }
                    th scope="col" { "State" }
                    th scope="col" { "Since" }
                } }
                tbody { @for webhook in webhooks { (row(viewer, webhook)) } }
            }
        }
    }
}

fn row(viewer: &Viewer, webhook: &Webhook) -> Markup {
    html! {
        tr {
            th.wide-cell scope="row" {
                a href=(webhook_href(viewer, webhook.id)) { (webhook.url.to_string()) }
                @if !webhook.description.is_empty() { p.muted { (webhook.description) } }
            }
            td data-label="Events" {
                span.tags { @for event in &webhook.events { span.tag { (event.as_str()) } } }
            }
            td data-label="State" { (state(webhook)) }
            td data-label="Since" { (moment::day(webhook.created_at)) }
        }
    }
}

const fn meaning(event: Event) -> &'static str {
    match event {
        Event::ReportCompleted => "A coaching report was made.",
        Event::MeetingTranscriptReady => "A meeting's transcript can be read.",
        Event::MeetingFailed => "A recording or transcript failed.",
        Event::RoleplayCompleted => "A roleplay session was scored.",
    }
}
