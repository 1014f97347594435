//! Judging and playing by rules, for coaching without a model: scores count how many
//! lines take up a criterion's words, and a customer has a few doubts.

use serde_json::{Value, json};

/// The judgement that `task` asks for on `said`, if it asks for one.
pub(super) fn judge(task: &str, said: &str) -> Option<String> {
    let is_asked = task.contains("\"criteria\"") && task.contains("\"summary\"");
    let criteria: Vec<&str> = task.lines().filter_map(criterion).collect();
    if !is_asked || criteria.is_empty() {
        return None;
    }
    let lines: Vec<String> = said.lines().map(str::to_lowercase).collect();
    let judged: Vec<(&str, usize)> = criteria
        .into_iter()
        .map(|criterion| (criterion, taken_up(criterion, &lines)))
        .collect();
    let criteria: Vec<Value> = judged
        .iter()
        .map(|(criterion, count)| {
            json!({
                "name": name(criterion),
                "score": score(*count),
                "comment": format!("{count} lines use its words. This is a practice rule."),
            })
        })
        .collect();
    let named = |is_strong: bool| -> Vec<&str> {
        let fitting = judged.iter().filter(|(_, count)| (*count > 1) == is_strong);
        fitting.map(|(criterion, _)| name(criterion)).collect()
    };
    let answer = json!({
        "summary": format!(
            "Judged by a practice rule, which counts words in {} lines and understands none.",
            lines.len()
        ),
        "criteria": criteria,
        "strengths": named(true),
        "improvements": named(false),
    });
    Some(answer.to_string())
}

/// What a customer says after `heard` messages, if `task` asks for one.
pub(super) fn play(task: &str, heard: usize) -> Option<&'static str> {
    if !task.starts_with("You play the customer") {
        return None;
    }
    DOUBTS.iter().cycle().nth(heard.saturating_sub(1)).copied()
}

/// `3. Pace: Is it calm?` without its number.
fn criterion(line: &str) -> Option<&str> {
    let (number, criterion) = line.split_once(". ")?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && criterion.contains(':')).then_some(criterion)
}

fn name(criterion: &str) -> &str {
    criterion
        .split_once(": ")
        .map_or_else(|| criterion.trim_end_matches([':', ' ']), |(name, _)| name)
}

/// How many lines have a long word of the criterion.
fn taken_up(criterion: &str, lines: &[String]) -> usize {
    let criterion = criterion.to_lowercase();
    let words = criterion
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() > 4);
    let words: Vec<&str> = words.collect();
    let takes_up = |line: &&String| words.iter().any(|word| line.contains(word));
    lines.iter().filter(takes_up).count()
}

fn score(count: usize) -> usize {
    (40 + 15 * count).min(100)
}

const DOUBTS: [&str; 5] = [
    "Good morning. I have ten minutes; what is this about?",
    "We have managed without so far. What would it change for us?",
    "That sounds expensive. What does it cost, and what if it fails?",
    "My colleagues will ask who else uses it. Can you tell me?",
    "Fine. What would be the next step, and when?",
];
