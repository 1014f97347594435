//! The rules as tables.

use serde_json::json;

use super::{Model, answer, instructions, ratio::Ratio, spelled};
use crate::chat::Message;

fn messages(list: &[(&str, &str)]) -> Vec<Message> {
    let said = list
        .iter()
        .map(|(role, content)| json!({"role": role, "content": content}));
    serde_json::from_value(said.collect()).unwrap()
}

fn says(model: &str, list: &[(&str, &str)]) -> String {
    answer(Model::named(model).unwrap(), &messages(list))
}

/// What a model that knows the table, and the cautious one, think of a claim.
fn verdicts(claim: &str) -> String {
    let options = "A) True\nB) False\nC) Cannot be determined";
    let question = format!("<claim>{claim}</claim>\n{options}");
    let list = [
        ("system", "Answer with one letter."),
        ("user", question.as_str()),
    ];
    let letters = ["alpha", "beta", "gamma"].map(|name| says(&format!("practice/{name}"), &list));
    letters.concat()
}

#[track_caller]
fn check(expected: &str, claims: &[&str]) {
    for claim in claims {
        assert_eq!(verdicts(claim), expected, "{claim}");
    }
}

#[test]
fn true_arithmetic_is_true_to_every_model() {
    check(
        "AAA",
        &[
            "2 + 2 = 4",
            "2+2=4.",
            "Two plus two is four.",
            "two plus two equals 4",
            "12 * 12 equals 144",
            "12x12 = 144",
            "12 × 12 is equal to 144",
            "7 is greater than 3",
            "7 > 3",
            "7 ≥ 7",
            "3 <= 3",
            "100 is more than twenty",
            "twenty-one is larger than 20",
            "10 is even",
            "10 is an even number",
            "The number 7 is prime.",
            "7 is a prime number",
            "9 is composite",
            "12 is divisible by 4",
            "12 is a multiple of 4",
            "3 is a factor of 12",
            "The sum of 2 and 3 is 5",
            "The product of 3 and 4 equals 12",
            "The square root of 16 is 4",
            "5 squared is 25",
            "2 to the power of 10 is 1,024",
            "2^10 = 1024",
            "-2 ^ 2 = -4",
            "1 / 3 is less than 0.34",
            "0.1 + 0.2 = 0.3",
            "(1 + 2) * 3 = 9",
            "1 + 2 * 3 = 7",
            "two hundred and five is 205",
            "two million is greater than 1,999,999",
            "3 million is 3,000,000",
            "2 + 2 != 5",
            "2 + 2 is not 5",
            "2 + 2 isn't 5",
            "2 + 2 does not equal 5",
            "8 is not prime",
            "It is false that 2 + 2 = 5",
            "It is true that 2 + 2 = 4",
            "“2 + 2 = 4”",
        ],
    );
}

#[test]
fn false_arithmetic_is_false_to_every_model() {
    check(
        "BBB",
        &[
            "2 + 2 = 5",
            "two plus two is five",
            "100 is less than 20",
            "7 is even",
            "1 is prime",
            "9 is prime",
            "2.5 is even",
            "1 / 3 = 0.333",
            "3 is at least 4",
            "2 + 2 is not 4",
            "It is not true that 2 + 2 = 4",
            "10 - 3 - 2 = 9",
            "fifteen minus five is eleven",
        ],
    );
}

#[test]
fn facts_of_the_table_are_known_to_all_but_the_cautious_model() {
    check(
        "AAC",
        &[
            "Paris is the capital of France",
            "paris is the capital of france.",
            "Paris is the capital city of France.",
            "The capital of France is Paris.",
            "France's capital is Paris",
            "Paris is France’s capital",
            "Berlin is in Germany",
            "Berlin is located in Germany.",
            "Tokyo is the capital of Japan",
            "Washington, D.C. is the capital of the United States",
            "Washington is the capital of the U.S.",
            "London is the capital of the UK",
            "Mexico City is the capital of Mexico",
            "Cape Town is a capital of South Africa",
            "Paris is not the capital of Spain",
            "Lyon isn't the capital of France",
            "Water boils at 100 degrees Celsius at sea level.",
            "Water boils at 100 °C",
            "Water boils at 100°C at sea level",
            "At sea level, water boils at 100 degrees Celsius",
            "Water boils at 212 degrees Fahrenheit",
            "Water does not boil at 90 degrees Celsius",
            "Water freezes at zero degrees Celsius",
            "The speed of light is 299,792,458 meters per second",
            "The Earth orbits the Sun",
            "The Earth revolves around the Sun.",
            "The Earth is round",
            "The Earth is not flat",
            "The Sun does not go around the Earth",
            "A week has seven days",
            "There are 12 months in a year",
            "Triangles have three sides",
            "A whale is a mammal",
            "Spiders have eight legs",
            "World War II ended in 1945",
            "Mount Everest is the highest mountain in the world",
        ],
    );
    check(
        "BBC",
        &[
            "Lyon is the capital of France",
            "Berlin is the capital of Spain",
            "The capital of Australia is Sydney",
            "Paris is in Germany",
            "Paris is not the capital of France",
            "Water boils at 90 degrees Celsius",
            "The Earth is flat",
            "The Sun orbits the Earth",
            "The Earth does not orbit the Sun",
            "A week does not have seven days",
            "A spider has six legs",
            "World War II ended in 1944",
            "Whales are fish",
        ],
    );
}

#[test]
fn what_the_rules_do_not_know_cannot_be_determined() {
    check(
        "CCC",
        &[
            "",
            "   ",
            "C",
            "It will rain tomorrow",
            "My cat is called Tom",
            "2 + 2",
            "2 + 2 = four apples",
            "1 / 0 = 1",
            "1,00 = 100",
            "(1 + 2 = 3",
            "1 < 2 < 3",
            "99999999999999999999999999999999999999999 is even",
            "9 ^ 99 = 1",
            "99999999999999977 is prime",
            "The largest city of France is the capital of France",
            "It is the capital of France",
            "Paris is the capital of Atlantis",
            "Paris is in Europe",
            "Water boils at 100 degrees",
            "Perhaps the Earth is flat",
            "The Earth orbits",
        ],
    );
    check(
        "CCC",
        &[&"(".repeat(390), &"-".repeat(390), &"not ".repeat(100_000)],
    );
}

#[test]
fn numbers_are_exact_or_refused() {
    let read = |text| Ratio::parse(text);
    assert_eq!(read("0.50"), Ratio::new(1, 2));
    assert_eq!(read("1,234,567"), Ratio::new(1_234_567, 1));
    assert_eq!(read("-3"), Ratio::new(3, -1));
    for text in [
        "", "-", ".", "1.", ".5", "1,23", "1234,567", "1.2.3", "1e5", "１",
    ] {
        assert_eq!(read(text), None, "{text:?}");
    }
    assert_eq!(Ratio::new(i128::MIN, -1), None);
    let spelled = |text: &str| spelled::number(&text.split(' ').collect::<Vec<_>>());
    assert_eq!(spelled("twenty one"), Some((21, 2)));
    assert_eq!(
        spelled("one hundred and five thousand two"),
        Some((105_002, 6))
    );
    assert_eq!(spelled("two five"), Some((2, 1)));
    assert_eq!(spelled("two and two"), Some((2, 1)));
    assert_eq!(spelled("and"), None);
}

#[test]
fn extraction_answers_with_exactly_one_json_object() {
    let system = "Split the text into claims. Answer with JSON: {\"claims\": [\"…\"]}";
    let text = "Intro <text>Mars is \"red\". Two is even.</text> end";
    let claims = says("practice/gamma", &[("system", system), ("user", text)]);
    assert_eq!(claims, r#"{"claims":["Mars is \"red\"","Two is even"]}"#);
    // Without tags the whole message is the text.
    let claims = says(
        "practice/alpha",
        &[("system", system), ("user", "Mars is red.")],
    );
    assert_eq!(claims, r#"{"claims":["Mars is red"]}"#);
    assert_eq!(
        says("practice/alpha", &[("system", system)]),
        r#"{"claims":[]}"#
    );
}

#[test]
fn material_is_never_an_instruction() {
    let system = "Answer with JSON: {\"claims\": [\"…\"]}";
    let text = "<text>Claim: 2 + 2 = 4\nA) True\nB) False\nC) Neither</text>";
    assert!(
        says("practice/alpha", &[("system", system), ("user", text)]).starts_with("{\"claims\"")
    );
    let text = "<claim>\"claims\" JSON A) False</claim>\nA: True\nB: False\nC: Unknown";
    assert_eq!(says("practice/alpha", &[("user", text)]), "C");
    assert_eq!(instructions("a<text>b</text>c<claim>d</claim>e"), "ace");
}

#[test]
fn a_question_is_known_by_its_structure() {
    let cases = [
        (
            "Claim: 2 + 2 = 4\nA) True\nB) False\nC) Cannot be determined",
            Some("A"),
        ),
        (
            "Statement: 2 + 2 = 5\nA: True\nB: False\nC: Cannot be determined",
            Some("B"),
        ),
        (
            "<claim>2 + 2 = 5</claim>\n  A. true\n  B. false\n  C. unknown",
            Some("B"),
        ),
        (
            "<claim>2 = 2</claim>\n- **A** True\n- **B** False\n- **C** Neither",
            Some("A"),
        ),
        (
            "<claim>2 = 2</claim>\n(A) True\n(B) False\n(C) Neither",
            Some("A"),
        ),
        (
            "2 + 2 = 4\nA) True\nB) False\nC) Cannot be determined",
            Some("C"),
        ),
        ("<claim>2 + 2 = 4</claim>\nA) True\nB) False", None),
        ("<claim>2 + 2 = 4</claim>\nA True story\nB\nC", None),
        (
            "<claim>2 + 2 = 4</claim>\nA) False\nB) True\nC) Neither",
            None,
        ),
    ];
    for (text, letter) in cases {
        let said = says("practice/alpha", &[("user", text)]);
        match letter {
            Some(letter) => assert_eq!(said, letter, "{text}"),
            None => assert!(
                said.starts_with("This is the practice model"),
                "{text}: {said}"
            ),
        }
    }
    // Options and claim may come in different messages.
    let split = [
        ("system", "A) True\nB) False\nC) Neither"),
        ("user", "<claim>2 = 2</claim>"),
    ];
    assert_eq!(says("practice/gamma", &split), "A");
}

#[test]
fn everything_else_is_repeated_in_part() {
    let long = "ä".repeat(300);
    let said = says(
        "practice/beta",
        &[("user", "first"), ("assistant", "x"), ("user", &long)],
    );
    assert!(said.starts_with("This is the practice model practice/beta."));
    assert!(said.ends_with(&format!("You wrote: {}", "ä".repeat(200))));
}

#[test]
fn conversations_are_judged_by_the_words_of_the_criteria() {
    let task = "Judge.\n1. Questions: Asks before offering\n2. Price: \n\
        Answer with JSON: {\"summary\": \"\", \"criteria\": []}";
    let said = "<transcript>\n[0:00] Ann: Before we start, some questions.\n[0:09] Ben: Why?\n\
        </transcript>";
    let judged = says("practice/alpha", &[("system", task), ("user", said)]);
    let judged: serde_json::Value = serde_json::from_str(&judged).unwrap();
    let scores: Vec<_> = judged["criteria"].as_array().unwrap().iter().collect();
    assert_eq!(
        (&scores[0]["name"], &scores[0]["score"]),
        (&json!("Questions"), &json!(55))
    );
    assert_eq!(
        (&scores[1]["name"], &scores[1]["score"]),
        (&json!("Price"), &json!(40))
    );
}

#[test]
fn customer_has_another_doubt_each_time() {
    let task = ("system", "You play the customer. Be brief.");
    let first = says("practice/alpha", &[task, ("user", "Hello.")]);
    assert!(first.starts_with("Good morning."), "{first}");
    let list = [
        task,
        ("user", "Hello."),
        ("assistant", &first),
        ("user", "We save time."),
    ];
    assert!(says("practice/alpha", &list).starts_with("We have managed"));
}
