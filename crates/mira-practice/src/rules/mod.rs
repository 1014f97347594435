//! Which rule answers a conversation. Pure: messages in, text out.

mod arithmetic;
mod claims;
mod coach;
mod facts;
mod ratio;
mod spelled;
mod statement;

use serde_json::json;

use crate::chat::Message;
use statement::Statement;

/// The names of the practice models.
pub const MODELS: [&str; 3] = ["practice/alpha", "practice/beta", "practice/gamma"];

/// How many characters of a message the third rule repeats.
const REPEATED_CHARS: usize = 200;

/// A practice model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Model {
    name: &'static str,
    knows_facts: bool,
}

impl Model {
    pub(crate) fn named(name: &str) -> Option<Self> {
        let name = MODELS.into_iter().find(|known| *known == name)?;
        Some(Self {
            name,
            knows_facts: name != "practice/gamma",
        })
    }

    pub(crate) fn name(self) -> &'static str {
        self.name
    }

    /// Whether a claim is true, where this model can tell.
    fn judge(self, claim: &str) -> Option<bool> {
        let statement = Statement::parse(claim)?;
        let verdict = arithmetic::judge(&statement).or_else(|| {
            if self.knows_facts {
                facts::judge(&statement)
            } else {
                None
            }
        })?;
        Some(verdict != statement.negated)
    }
}

/// What a model says to a conversation.
pub(crate) fn answer(model: Model, messages: &[Message]) -> String {
    let heard = messages
        .iter()
        .filter(|message| message.role != "assistant");
    let texts: Vec<String> = heard.map(Message::text).collect();
    if let Some(claim) = claim_in_question(&texts) {
        return letter(model.judge(claim)).to_owned();
    }
    let asked = messages
        .iter()
        .rfind(|message| message.role == "user")
        .map(Message::text);
    let asked = asked.unwrap_or_default();
    if texts.iter().any(|text| asks_for_claims(text)) {
        let claims = claims::extract(inside(&asked, "text").unwrap_or(&asked));
        return json!({ "claims": claims }).to_string();
    }
    let task = texts.first().map(String::as_str).unwrap_or_default();
    let said = inside(&asked, "transcript").unwrap_or_default();
    if let Some(judgement) = coach::judge(task, said.trim()) {
        return judgement;
    }
    // One of the texts is the task.
    if let Some(doubt) = coach::play(task, texts.len().saturating_sub(1)) {
        return doubt.to_owned();
    }
    let repeated: String = asked.chars().take(REPEATED_CHARS).collect();
    format!(
        "This is the practice model {}. It answers by fixed rules: it extracts claims, judges \
         simple ones, and repeats the rest. You wrote: {repeated}",
        model.name
    )
}

fn letter(verdict: Option<bool>) -> &'static str {
    match verdict {
        Some(true) => "A",
        Some(false) => "B",
        None => "C",
    }
}

/// The claim a conversation asks about, empty if it names none; `None` if it
/// offers no options.
fn claim_in_question(texts: &[String]) -> Option<&str> {
    texts.iter().find(|text| offers_options(text))?;
    let tagged = texts.iter().rev().find_map(|text| inside(text, "claim"));
    let labelled = || {
        texts
            .iter()
            .rev()
            .find_map(|text| text.lines().find_map(after_label))
    };
    Some(tagged.or_else(labelled).unwrap_or_default())
}

fn offers_options(text: &str) -> bool {
    let instructions = instructions(text);
    let offers = |letter, meaning| {
        instructions
            .lines()
            .any(|line| is_option(line, letter, meaning))
    };
    offers('A', "true") && offers('B', "false") && offers('C', "")
}

/// Whether a line reads like `A) True`, whatever surrounds the letter.
fn is_option(line: &str, letter: char, meaning: &str) -> bool {
    let is_mark = |c: char| !c.is_alphanumeric();
    let Some(rest) = line.trim_start_matches(is_mark).strip_prefix(letter) else {
        return false;
    };
    let option = rest.trim_start_matches(is_mark);
    option.len() < rest.len() && !option.is_empty() && option.to_lowercase().starts_with(meaning)
}

fn after_label(line: &str) -> Option<&str> {
    let line = line.trim();
    line.strip_prefix("Claim:")
        .or_else(|| line.strip_prefix("Statement:"))
        .map(str::trim)
}

fn asks_for_claims(text: &str) -> bool {
    let instructions = instructions(text);
    instructions.contains("\"claims\"") && instructions.to_ascii_lowercase().contains("json")
}

/// A message without the material in it.
fn instructions(text: &str) -> String {
    let mut instructions = text.to_owned();
    for tag in ["text", "claim"] {
        if let Some((before, _, after)) = around(&instructions, tag) {
            instructions = format!("{before}{after}");
        }
    }
    instructions
}

/// What stands between the first `<tag>` and the last `</tag>`.
fn inside<'a>(text: &'a str, tag: &str) -> Option<&'a str> {
    around(text, tag).map(|(_, inside, _)| inside)
}

fn around<'a>(text: &'a str, tag: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let (before, rest) = text.split_once(&format!("<{tag}>"))?;
    let (inside, after) = rest.rsplit_once(&format!("</{tag}>"))?;
    Some((before, inside, after))
}

#[cfg(test)]
mod tests;
