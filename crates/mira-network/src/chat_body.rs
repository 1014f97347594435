//! The body of a chat completion on its way to a provider. Only what decides about
//! the way is read; every other member passes as it was written.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use bytes::Bytes;
use mira_wire::Refusal;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A JSON object as its members, in order and unread.
struct Members<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

/// A chat completion as it was asked for.
pub(crate) struct ChatBody<'a> {
    original: &'a str,
    members: Members<'a>,
    /// The model's name, as the caller knows it.
    pub(crate) model: String,
    is_stream: bool,
}

/// Why a body is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("The body must be one JSON object that names no member twice")]
    NotAnObject,
    #[error("model is required")]
    NoModel,
    #[error("model must be a string")]
    Model,
    #[error("stream must be true or false")]
    Stream,
    #[error("stream_options must be an object")]
    StreamOptions,
}

impl<'a> ChatBody<'a> {
    /// Reads a body that is valid JSON.
    pub(crate) fn parse(original: &'a RawValue) -> Result<Self, Fault> {
        let members = Members::parse(original.get()).ok_or(Fault::NotAnObject)?;
        let model = members.get("model").ok_or(Fault::NoModel)?;
        let model = serde_json::from_str(model).map_err(|_| Fault::Model)?;
        let is_stream = match members.get("stream") {
            None => false,
            Some(stream) => serde_json::from_str(stream).map_err(|_| Fault::Stream)?,
        };
        let body = Self {
            original: original.get(),
            members,
            model,
            is_stream,
        };
        Ok(body)
    }

    /// How long the question is, for estimates.
    pub(crate) fn len(&self) -> usize {
        self.original.len()
    }

    /// The body for the provider, which knows the model as `name`. A stream is
    /// asked to end with its usage, because somebody pays for it.
    pub(crate) fn into_forwarded(mut self, name: &str) -> Result<Bytes, Fault> {
        if self.model == name && !self.is_stream {
            return Ok(Bytes::copy_from_slice(self.original.as_bytes()));
        }
        self.members.set("model", json_string(name));
        if self.is_stream {
            let mut options = match self.members.get("stream_options") {
                None => Members(Vec::new()),
                Some(options) => Members::parse(options).ok_or(Fault::StreamOptions)?,
            };
            options.set("include_usage", "true".to_owned());
            let options = options.to_string();
            self.members.set("stream_options", options);
        }
        Ok(self.members.to_string().into())
    }
}

impl<'a> Members<'a> {
    fn parse(object: &'a str) -> Option<Self> {
        serde_json::from_str(object).ok()
    }

    /// The value of a member, unless it is absent or `null`.
    fn get(&self, name: &str) -> Option<&str> {
        let member = self.0.iter().find(|(known, _)| known == name)?;
        (member.1 != "null").then_some(&*member.1)
    }

    fn set(&mut self, name: &'static str, value: String) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some(member) => member.1 = value.into(),
            None => self.0.push((name.into(), value.into())),
        }
    }
}

impl fmt::Display for Members<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, (name, value)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{}:{value}", json_string(name))?;
        }
        f.write_str("}")
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members: Vec<(Cow<'de, str>, Cow<'de, str>)> = Vec::new();
                let mut names = HashSet::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    // Readers differ in which of two they take, some also between upper and
                    // lower case, and the model that is asked must be the one that is paid for.
                    if !names.insert(name.to_ascii_lowercase()) {
                        return Err(A::Error::custom("a member is named twice"));
                    }
                    members.push((name.into(), value.get().into()));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::invalid(fault.to_string())
    }
}

fn json_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forwarded(body: &str, name: &str) -> Result<String, Fault> {
        let raw: &RawValue = serde_json::from_str(body).unwrap();
        let bytes = ChatBody::parse(raw)?.into_forwarded(name)?;
        Ok(String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn body_passes_as_written_when_nothing_has_to_change() {
        let body =
            r#"{ "model":"m", "seed": 12345678901234567890123, "x\u0041": 1.10, "stream":false}"#;
        assert_eq!(forwarded(body, "m").unwrap(), body);
    }

    #[test]
    fn only_model_and_stream_options_ever_change() {
        let table = [
            (r#"{"model":"m","a":1.10}"#, r#"{"model":"n","a":1.10}"#),
            (
                r#"{"a": [1, 2],"model":"m","stream":true}"#,
                r#"{"a":[1, 2],"model":"n","stream":true,"stream_options":{"include_usage":true}}"#,
            ),
            (
                r#"{"model":"m","stream":true,"stream_options":{"b":{},"include_usage":false},"c":null}"#,
                r#"{"model":"n","stream":true,"stream_options":{"b":{},"include_usage":true},"c":null}"#,
            ),
            (
                r#"{"model":"m","stream":true,"stream_options":null}"#,
                r#"{"model":"n","stream":true,"stream_options":{"include_usage":true}}"#,
            ),
        ];
        for (body, expected) in table {
            assert_eq!(forwarded(body, "n").unwrap(), expected);
        }
    }

    #[test]
    fn each_fault_is_named() {
        let table = [
            ("[]", Fault::NotAnObject),
            (r#"{"model":"a","model":"b"}"#, Fault::NotAnObject),
            (r#"{"model":"a","Model":"b"}"#, Fault::NotAnObject),
            ("{}", Fault::NoModel),
            (r#"{"model":null}"#, Fault::NoModel),
            (r#"{"model":1}"#, Fault::Model),
            (r#"{"model":"m","stream":"yes"}"#, Fault::Stream),
            (
                r#"{"model":"m","stream":true,"stream_options":1}"#,
                Fault::StreamOptions,
            ),
        ];
        for (body, fault) in table {
            assert_eq!(forwarded(body, "m"), Err(fault), "{body}");
        }
    }
}
