//! What makes words a clause: a verb behind a subject, or a relation sign.

/// Verbs that state something, in the forms that follow a subject.
const VERBS: &[&str] = &[
    "is", "are", "am", "was", "were", "be", "been", "has", "have", "had", "does", "do", "did",
    "can", "cannot", "could", "will", "would", "shall", "should", "may", "might", "must", "equals",
    "equal", "makes", "make", "made", "exceeds", "exceed", "orbits", "orbit", "revolves",
    "revolve", "rotates", "rises", "rise", "rose", "sets", "boils", "boil", "freezes", "freeze",
    "froze", "melts", "melt", "floats", "float", "sinks", "contains", "contain", "consists",
    "consist", "includes", "include", "weighs", "weigh", "lies", "lie", "lay", "stands", "stand",
    "stood", "lives", "live", "grows", "grow", "grew", "goes", "go", "went", "comes", "come",
    "came", "becomes", "become", "became", "gets", "got", "wrote", "writes", "won", "wins", "lost",
    "began", "begins", "ended", "ends", "led", "fell", "falls", "fall", "flies", "fly", "flew",
    "runs", "run", "ran", "moves", "move", "travels", "travel", "needs", "need", "uses", "use",
    "gives", "give", "gave", "takes", "take", "took", "says", "said", "knows", "know", "knew",
    "thinks", "shows", "show", "causes", "cause", "costs", "cost", "means", "meant", "produces",
    "produce", "speaks", "speak", "spoke", "eats", "eat", "drinks", "drink", "breathes", "breathe",
    "belongs", "belong", "borders", "border", "flows", "flow", "held", "holds", "hold", "kept",
    "keeps", "left", "leaves", "met", "paid", "pays", "requires", "require", "applies", "apply",
    "protects",
];

/// Whether words have a verb, but not in front, or a sign such as `=`.
pub(super) fn is_clause(text: &str) -> bool {
    let has_sign = text.contains(['=', '<', '>', '≠', '≤', '≥']);
    let has_digit = text.contains(|c: char| c.is_ascii_digit());
    let mut words = text
        .split_whitespace()
        .map(super::plain)
        .map(|word| word.replace('’', "'"));
    let opening = words.next().unwrap_or_default();
    has_sign && has_digit || is_contraction(&opening) || words.any(|word| is_verb(&word))
}

fn is_verb(word: &str) -> bool {
    // The past tense of the regular ones: "discovered".
    let is_past = word.len() >= 5 && word.ends_with("ed");
    VERBS.contains(&word) || is_past || is_contraction(word) || word.ends_with("n't")
}

/// A subject and its verb in one word: "it's", "they're".
fn is_contraction(word: &str) -> bool {
    ["it's", "that's", "there's", "he's", "she's"].contains(&word)
        || ["'re", "'ve", "'m", "'ll"]
            .iter()
            .any(|ending| word.ends_with(ending))
}
