//! What is read from transcripts, and what is refused with which line.

use super::{TranscriptFormat, read};

/// What was said, as `speaker start-end text` in milliseconds.
fn said(format: TranscriptFormat, text: &str) -> Vec<String> {
    let lines = read(format, text).unwrap();
    lines
        .into_iter()
        .map(|line| {
            let speaker = line.speaker.unwrap_or_else(|| "?".to_owned());
            format!("{speaker} {}-{} {}", line.start_ms, line.end_ms, line.text)
        })
        .collect()
}

fn refused(format: TranscriptFormat, text: &str) -> String {
    read(format, text).unwrap_err().to_string()
}

#[test]
fn webvtt_is_read_with_its_voices_names_and_dress() {
    let text = "\u{feff}WEBVTT - Weekly\r\nKind: captions\r\n\r\nNOTE a\r\nremark\r\n\r\n\
        STYLE\r\n::cue { color: red }\r\n\r\nintro\r\n00:01.000 --> 00:02.500 align:start\r\n\
        <v.loud Ann Lee>Good <b>morning</b>,\r\n5 &lt; 6 &amp; more</v>\r\n\r\n\
        00:00:02.500 --> 01:00:03.000\r\nBen: Hello.\r\n\r\n01:00:03.000 --> 01:00:04.000\r\n\
        and so: it ends\r\n\r\n01:00:04.000 --> 01:00:05.000\r\n<v Ann Lee>Yes.<v Ben>No.\r\n";
    assert_eq!(
        said(TranscriptFormat::Vtt, text),
        [
            "Ann Lee 1000-2500 Good morning,\n5 < 6 & more",
            "Ben 2500-3603000 Hello.",
            "? 3603000-3604000 and so: it ends",
            "Ann Lee 3604000-3605000 Yes.",
            "Ben 3604000-3605000 No.",
        ]
    );
}

#[test]
fn srt_is_read_with_its_numbers_and_dress() {
    let text = "1\n00:00:01,000 --> 00:00:02,500\n<i>Dr. Lee: Good</i>\n<font color=\"red\">day\
        </font>\n\n2\n00:00:03,000 --> 00:00:04,000\nthank you";
    assert_eq!(
        said(TranscriptFormat::Srt, text),
        ["Dr. Lee 1000-2500 Good\nday", "? 3000-4000 thank you"]
    );
}

#[test]
fn json_segments_are_read_as_they_are_shown() {
    let text = r#"[{"speaker": " Ann ", "start_secs": 0, "end_secs": 1.2345, "text": "Hi"},
        {"speaker": null, "start_secs": 1.5, "end_secs": 2, "text": "Ho"}]"#;
    assert_eq!(
        said(TranscriptFormat::Json, text),
        ["Ann 0-1235 Hi", "? 1500-2000 Ho"]
    );
}

#[test]
fn transcript_in_which_nothing_is_said_is_empty() {
    for text in [
        "WEBVTT",
        "WEBVTT\n\nNOTE x",
        "WEBVTT\n\n00:01.000 --> 00:02.000\n",
    ] {
        assert!(said(TranscriptFormat::Vtt, text).is_empty(), "{text}");
    }
    assert!(said(TranscriptFormat::Srt, "\n\n").is_empty());
    assert!(said(TranscriptFormat::Json, "[]").is_empty());
}

#[test]
fn two_people_may_speak_at_once() {
    let text = "WEBVTT\n\n00:00.000 --> 00:05.000\nAnn: A.\n\n00:03.000 --> 00:04.000\nBen: B.\n";
    assert_eq!(said(TranscriptFormat::Vtt, text).len(), 2);
}

#[test]
fn broken_webvtt_is_refused_with_its_line() {
    for (text, expected) in [
        ("", "line 1: a WebVTT file begins with WEBVTT"),
        ("\nWEBVTT", "line 1: a WebVTT file begins with WEBVTT"),
        ("WEBVTTX\n\n", "line 1: a WebVTT file begins with WEBVTT"),
        ("WEBVTT\n\nhello", "line 3: times are written start --> end"),
        (
            "WEBVTT\n\n0:1 --> 0:2\nAnn: A.",
            "line 3: a time cannot be read",
        ),
        (
            "WEBVTT\n\n00:01,000 --> 00:02,000\nA",
            "line 3: a time cannot be read",
        ),
        (
            "WEBVTT\n\n00:61.000 --> 00:62.000\nA",
            "line 3: a time cannot be read",
        ),
        (
            "WEBVTT\n\n-00:01.000 --> 00:02.000\nA",
            "line 3: a time is below zero",
        ),
        (
            "WEBVTT\n\n00:03.000 --> 00:02.000\nAnn: A.",
            "line 4: it ends before it starts",
        ),
        (
            "WEBVTT\n\n00:03.000 --> 00:04.000\nAnn: A.\n\n00:02.000 --> 00:05.000\nBen: B.",
            "line 7: it starts before the one above it",
        ),
        (
            "WEBVTT\n\n00:03.000 --> 00:05.000\nAnn: A.\n\n00:04.000 --> 00:06.000\nAnn: B.",
            "line 7: its speaker is still saying something else",
        ),
        (
            "WEBVTT\n\n00:03.000 --> 00:05.000\nnobody",
            "line 4: nobody is named as a speaker",
        ),
        (
            "WEBVTT\n\n00:03.000 --> 00:05.000\nAnn: a\u{7}",
            "line 4: it has a control character",
        ),
        (
            "WEBVTT\n\n00:03.000 --> 00:05.000\nAnn: a\u{fffd}",
            "line 4: it has U+FFFD, which stands for bytes in another encoding",
        ),
        (
            "WEBVTT\n\n99:00:00.000 --> 99:00:01.000\nAnn: a",
            "line 4: it ends after more than 48 hours",
        ),
    ] {
        assert_eq!(refused(TranscriptFormat::Vtt, text), expected);
    }
}

#[test]
fn broken_srt_and_json_are_refused_with_their_place() {
    for (text, expected) in [
        ("WEBVTT", "line 1: a cue has a number, its times and text"),
        (
            "1\n\n00:00:01,000 --> 00:00:02,000",
            "line 1: a cue has a number, its times and text",
        ),
        (
            "1\n00:00:01.000 --> 00:00:02.000\nA",
            "line 2: a time cannot be read",
        ),
    ] {
        assert_eq!(refused(TranscriptFormat::Srt, text), expected);
    }
    let shape = "not a JSON array of {speaker, start_secs, end_secs, text}";
    let deep = "[".repeat(100_000);
    let twice = r#"[{"speaker":"A","speaker":"B","start_secs":0,"end_secs":1,"text":"t"}]"#;
    for (text, expected) in [
        ("", format!("line 1: {shape}")),
        ("{}", format!("line 1: {shape}")),
        ("[\n{\"text\":1}]", format!("line 2: {shape}")),
        (deep.as_str(), format!("line 1: {shape}")),
        (twice, format!("line 1: {shape}")),
        (
            r#"[{"start_secs":1e999,"end_secs":1,"text":"t"}]"#,
            format!("line 1: {shape}"),
        ),
        (
            r#"[{"speaker":"A","start_secs":-1,"end_secs":1,"text":"t"}]"#,
            "segment 1: it starts before the meeting".to_owned(),
        ),
        (
            r#"[{"speaker":"A","start_secs":0,"end_secs":1e300,"text":"t"}]"#,
            "segment 1: it ends after more than 48 hours".to_owned(),
        ),
        (
            r#"[{"speaker":"A","start_secs":0,"end_secs":1,"text":" "}]"#,
            "segment 1: what is said must be 1 to 10,000 characters".to_owned(),
        ),
        (
            r#"[{"speaker":"","start_secs":0,"end_secs":1,"text":"t"}]"#,
            "segment 1: a speaker must be 1 to 200 characters without control characters"
                .to_owned(),
        ),
    ] {
        assert_eq!(refused(TranscriptFormat::Json, text), expected);
    }
}
