//! What can be done with roleplay sessions. A model is asked outside of any
//! transaction, and what it says is written only if the session is still as it was.

use mira_core::OrganizationId;
use mira_db::{DbError, Tx};
use mira_outbound::{Message, Role};
use mira_wire::Instant;
use std::sync::Arc;
use uuid::Uuid;

use crate::error::{Error, Noun};
use crate::event::Event;
use crate::meeting::TranscriptLine;
use crate::meetings::Meetings;
use crate::model::CoachModel;
use crate::page::{Listed, Page};
use crate::report::Verdict;
use crate::roleplay::{
    RoleplayBody, RoleplayExchange, RoleplayMessage, RoleplayRole, RoleplaySession, RoleplayStatus,
    RoleplayTranscript,
};
use crate::scoring::{Rubric, ScoringError, judge};
use crate::store;
use crate::template::{CoachingTone, Criterion, Template};
use crate::uuid_text::parse_uuid;

impl Meetings {
    pub(crate) async fn roleplay_sessions(
        &self,
        organization: OrganizationId,
        page: Page,
    ) -> Result<Listed<RoleplaySession>, DbError> {
        self.database
            .read(move |tx| {
                Box::pin(async move { store::roleplay::list(tx, organization, page).await })
            })
            .await
    }

    pub(crate) async fn roleplay_session(
        &self,
        organization: OrganizationId,
        id: Uuid,
    ) -> Result<Option<RoleplayTranscript>, DbError> {
        self.database
            .read(move |tx| Box::pin(async move { read(tx, organization, id).await }))
            .await
    }

    pub(crate) async fn start_roleplay(
        &self,
        organization: OrganizationId,
        body: RoleplayBody,
    ) -> Result<RoleplaySession, Error> {
        let template_id = match &body.template_id {
            Some(text) => Some(Noun::Template.found(parse_uuid(text))?),
            None => None,
        };
        let session = body.start((self.new_id)()?, template_id, self.clock.now())?;
        self.database
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(id) = template_id {
                        let template = store::templates::find(tx, organization, id).await?;
                        Noun::Template.found(template)?;
                    }
                    store::roleplay::insert(tx, organization, &session).await?;
                    Ok(session)
                })
            })
            .await
    }

    /// Says `message` to the customer, whom `model` plays.
    pub(crate) async fn say(
        &self,
        model: &CoachModel,
        organization: OrganizationId,
        id: Uuid,
        message: RoleplayMessage,
    ) -> Result<RoleplayExchange, Error> {
        let transcript = self.roleplay_session(organization, id).await?;
        let transcript = Noun::RoleplaySession.found(transcript)?;
        let said = transcript.messages.len();
        if transcript.session.status == RoleplayStatus::Completed {
            return Err(Error::Conflict("The session is completed"));
        }
        if said >= MOST_MESSAGES {
            return Err(Error::Conflict("The session has 200 messages; complete it"));
        }
        let reply = play(model, &transcript, &message).await?;
        let reply = RoleplayMessage {
            role: RoleplayRole::Counterpart,
            content: reply,
            created_at: Instant(self.clock.now()),
        };
        self.database
            .write(move |tx| {
                Box::pin(async move {
                    let now = store::roleplay::find(tx, organization, id).await?;
                    still(tx, now, id, said).await?;
                    let exchange = RoleplayExchange { message, reply };
                    let both = [&exchange.message, &exchange.reply];
                    store::roleplay::append(tx, id, said, both).await?;
                    Ok(exchange)
                })
            })
            .await
    }

    /// Ends a session with the judgement of `model`; one that is over stays as it is.
    pub(crate) async fn complete_roleplay(
        &self,
        model: &CoachModel,
        organization: OrganizationId,
        id: Uuid,
    ) -> Result<RoleplaySession, Error> {
        let (transcript, template) = self.rehearsed(organization, id).await?;
        let RoleplayTranscript { session, messages } = transcript;
        if session.status == RoleplayStatus::Completed {
            return Ok(session);
        }
        if messages.is_empty() {
            return Err(Error::Conflict("Nothing was said in the session"));
        }
        let said = messages.len();
        let verdict = rate(model, template.as_ref(), &messages).await?;
        let now = Instant(self.clock.now());
        let outbox = Arc::clone(&self.outbox);
        self.database
            .write(move |tx| {
                Box::pin(async move {
                    let found = store::roleplay::find(tx, organization, id).await?;
                    let session = still(tx, found, id, said).await?;
                    store::roleplay::complete(tx, id, now, &verdict).await?;
                    let completed = Event::RoleplayCompleted { session_id: id };
                    outbox.put(tx, organization, completed).await?;
                    Ok(RoleplaySession {
                        status: RoleplayStatus::Completed,
                        result: Some(verdict),
                        completed_at: Some(now),
                        ..session
                    })
                })
            })
            .await
    }

    /// A session with its template, if that is still there.
    async fn rehearsed(
        &self,
        organization: OrganizationId,
        id: Uuid,
    ) -> Result<(RoleplayTranscript, Option<Template>), Error> {
        self.database
            .read(move |tx| {
                Box::pin(async move {
                    let transcript = read(tx, organization, id).await?;
                    let transcript = Noun::RoleplaySession.found(transcript)?;
                    let template = match transcript.session.template_id {
                        Some(id) => store::templates::find(tx, organization, id).await?,
                        None => None,
                    };
                    Ok((transcript, template))
                })
            })
            .await
    }
}

async fn read(
    tx: &mut Tx,
    organization: OrganizationId,
    id: Uuid,
) -> Result<Option<RoleplayTranscript>, DbError> {
    let Some(session) = store::roleplay::find(tx, organization, id).await? else {
        return Ok(None);
    };
    let messages = store::roleplay::messages(tx, id).await?;
    Ok(Some(RoleplayTranscript { session, messages }))
}

/// The session, if it goes on and nobody has said more than `said` messages.
async fn still(
    tx: &mut Tx,
    session: Option<RoleplaySession>,
    id: Uuid,
    said: usize,
) -> Result<RoleplaySession, Error> {
    let session = Noun::RoleplaySession.found(session)?;
    if session.status == RoleplayStatus::Completed {
        return Err(Error::Conflict("The session was completed in the meantime"));
    }
    if store::roleplay::messages(tx, id).await?.len() != said {
        return Err(Error::Conflict("Another message came in the meantime"));
    }
    Ok(session)
}

/// What the customer says to `message`.
async fn play(
    model: &CoachModel,
    transcript: &RoleplayTranscript,
    message: &RoleplayMessage,
) -> Result<String, ScoringError> {
    let session = &transcript.session;
    let persona = session
        .persona
        .as_deref()
        .unwrap_or("a customer who fits it");
    let task = format!(
        "You play the customer in a sales conversation that somebody rehearses. Stay in the \
         part, answer in one to four sentences, and never play the seller.\n\n\
         The scenario: {}\n\nYou are: {persona}",
        session.scenario
    );
    let said = transcript.messages.iter().chain([message]);
    let said = said.map(|message| Message {
        role: match message.role {
            RoleplayRole::User => Role::User,
            RoleplayRole::Counterpart => Role::Assistant,
        },
        content: message.content.clone(),
    });
    let messages = std::iter::once(Message::system(task)).chain(said).collect();
    let reply = model.ask(messages, false).await?;
    crate::text::prose("reply", reply, MAX_REPLY)
        .map_err(|invalid| ScoringError::Unusable(invalid.to_string()))
}

/// What the model says about a rehearsal, by its template or by what is asked of
/// every sales conversation.
async fn rate(
    model: &CoachModel,
    template: Option<&Template>,
    messages: &[RoleplayMessage],
) -> Result<Verdict, ScoringError> {
    let usual = usual_criteria();
    let rubric = template.map_or(
        Rubric {
            prompt: "It is a rehearsal: the seller practices, and a machine plays the customer. \
                     Judge the seller alone.",
            criteria: &usual,
            tone: CoachingTone::Supportive,
        },
        Rubric::from,
    );
    let said: Vec<TranscriptLine> = messages.iter().map(line).collect();
    judge(model, &rubric, &said).await
}

fn line(message: &RoleplayMessage) -> TranscriptLine {
    let speaker = match message.role {
        RoleplayRole::User => "Seller",
        RoleplayRole::Counterpart => "Customer",
    };
    TranscriptLine {
        speaker: Some(speaker.to_owned()),
        start_ms: 0,
        end_ms: 0,
        text: message.content.clone(),
    }
}

fn usual_criteria() -> Vec<Criterion> {
    let criterion = |(name, description): (&str, &str)| Criterion {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        weight: 1.0,
    };
    [
        (
            "Discovery",
            "Asks about the situation before offering anything",
        ),
        ("Listening", "Takes up what the customer has said"),
        ("Objections", "Answers doubts with reasons and evidence"),
        ("Next step", "Ends with something that is agreed on"),
    ]
    .map(criterion)
    .to_vec()
}

const MOST_MESSAGES: usize = 200;
const MAX_REPLY: usize = 20_000;
