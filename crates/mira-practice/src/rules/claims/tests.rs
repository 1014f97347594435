//! Texts and their claims.

use super::extract;

#[test]
fn a_text_becomes_one_claim_per_sentence_or_clause() {
    let cases: &[(&str, &[&str])] = &[
        ("The Earth orbits the Sun.", &["The Earth orbits the Sun"]),
        (
            "The Earth orbits the Sun. Paris is in France! 2+2=4",
            &["The Earth orbits the Sun", "Paris is in France", "2+2=4"],
        ),
        (
            "The Earth orbits the Sun, and the Moon orbits the Earth; Mars is red, but Venus is not.",
            &[
                "The Earth orbits the Sun",
                "the Moon orbits the Earth",
                "Mars is red",
                "Venus is not",
            ],
        ),
        (
            "Cats, dogs, and birds are animals.",
            &["Cats, dogs, and birds are animals"],
        ),
        (
            "Paris is in France, and has two million people.",
            &["Paris is in France, and has two million people"],
        ),
        (
            "Pi is about 3.14 and e is 2.72.",
            &["Pi is about 3.14 and e is 2.72"],
        ),
        (
            "The U.S. Congress has two chambers. Dr. Smith met J. Doe in the U.S.",
            &[
                "The U.S. Congress has two chambers",
                "Dr. Smith met J. Doe in the U.S.",
            ],
        ),
        (
            "He was No. 5 in the list, e.g. in 1990.",
            &["He was No. 5 in the list, e.g. in 1990"],
        ),
        (
            "The answer is no. Mars is red.",
            &["The answer is no", "Mars is red"],
        ),
        (
            "He said \"Mars is red.\" It is.",
            &["He said \"Mars is red", "It is"],
        ),
        (
            "Light is a wave...and a particle.",
            &["Light is a wave...and a particle"],
        ),
        (
            "The Earth orbits\nthe sun.\n\n- Water is wet\n- Ice is cold\n1. Mars is red\n2) Two is even",
            &[
                "The Earth orbits the sun",
                "Water is wet",
                "Ice is cold",
                "Mars is red",
                "Two is even",
            ],
        ),
        ("Is Mars red? Mars is red.", &["Mars is red"]),
        ("Hello, the Earth is flat!", &["the Earth is flat"]),
        (
            "Yes, Mars is red. No man is an island.",
            &["Mars is red", "No man is an island"],
        ),
        ("Cats chase mice.", &["Cats chase mice"]),
        ("Water boils", &["Water boils"]),
        ("地球は丸い。水は冷たい is.", &["水は冷たい is"]),
    ];
    for (text, expected) in cases {
        assert_eq!(extract(text), *expected, "{text:?}");
    }
}

#[test]
fn a_text_that_states_nothing_has_no_claims() {
    for text in [
        "",
        "  \n ",
        "...",
        "Hello!",
        "Hello there my friend",
        "Good morning to you all.",
        "Thank you very much.",
        "Nice to meet you!",
        "No.",
        "What is the capital of France?",
        "what is the capital of France",
        "Is Paris in France",
        "How are you?",
        "Who was Caesar.",
        "Please tell me about Mars.",
        "Tell me that the Earth is flat.",
        "Red cars",
    ] {
        assert_eq!(extract(text), [""; 0], "{text:?}");
    }
}
