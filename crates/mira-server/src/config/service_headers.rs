//! `set_headers` and `remove_headers` of a service.
//!
//! A value may name a secret instead of holding it: `{env.NAME}` stands for a
//! variable, `{file.PATH}` for what a file holds. Neither is ever printed.

use std::collections::BTreeMap;
use std::path::Path;

use http::{HeaderName, HeaderValue};
use mira_gateway::HeaderRules;
use toml::Spanned;
use zeroize::Zeroizing;

use super::error::Fault;

/// The rules as they are written.
#[derive(Debug, Clone, Default)]
pub(super) struct HeaderTexts {
    set: Vec<(HeaderName, Spanned<String>)>,
    removed: HeaderRules,
}

impl HeaderTexts {
    /// Checks the names. The values are looked up by [`rules`](Self::rules).
    pub(super) fn check(
        set: BTreeMap<Spanned<String>, Spanned<String>>,
        removed: Vec<Spanned<String>>,
    ) -> Result<Self, Fault> {
        let mut texts = Self::default();
        for (name, value) in set {
            let parsed = parse(&name)?;
            let nothing = HeaderValue::from_static("");
            let allowed = HeaderRules::default().set(parsed.clone(), nothing);
            allowed.map_err(|reason| Fault::new(name.span(), reason))?;
            texts.set.push((parsed, value));
        }
        for name in removed {
            let allowed = texts.removed.remove(parse(&name)?);
            allowed.map_err(|reason| Fault::new(name.span(), reason))?;
        }
        Ok(texts)
    }

    /// The rules, with the secrets that they name.
    pub(super) fn rules(
        &self,
        environment: &BTreeMap<String, String>,
        folder: &Path,
    ) -> Result<HeaderRules, Fault> {
        let mut rules = self.removed.clone();
        for (name, text) in &self.set {
            let fault = |reason: String| Fault::new(text.span(), reason);
            let value = resolve(text.get_ref(), environment, folder).map_err(fault)?;
            let value = HeaderValue::from_str(&value)
                .map_err(|_| fault("the value has characters that no field carries".to_owned()))?;
            let set = rules.set(name.clone(), value);
            set.map_err(|reason| fault(reason.to_string()))?;
        }
        Ok(rules)
    }
}

fn parse(name: &Spanned<String>) -> Result<HeaderName, Fault> {
    let parsed = HeaderName::from_bytes(name.get_ref().as_bytes());
    parsed.map_err(|_| Fault::new(name.span(), "this is no name of a field"))
}

/// `text` with everything that it names.
fn resolve(
    text: &str,
    environment: &BTreeMap<String, String>,
    folder: &Path,
) -> Result<Zeroizing<String>, String> {
    let mut value = Zeroizing::new(String::new());
    let mut rest = text;
    while let Some((before, named, behind)) = next_name(rest) {
        value.push_str(before);
        match named.split_once('.') {
            Some(("env", name)) => {
                let held = environment.get(name).filter(|held| !held.is_empty());
                let held = held.ok_or_else(|| format!("the variable {name} is not set"))?;
                value.push_str(held);
            }
            Some(("file", path)) => {
                let path = folder.join(path);
                let held = std::fs::read_to_string(&path);
                let held =
                    held.map_err(|cause| format!("cannot read {}: {cause}", path.display()))?;
                value.push_str(Zeroizing::new(held).trim_end());
            }
            _ => {
                return Err(format!(
                    "{{{named}}} is neither {{env.NAME}} nor {{file.PATH}}"
                ));
            }
        }
        rest = behind;
    }
    value.push_str(rest);
    Ok(value)
}

/// What stands before, inside and behind the first pair of braces.
fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let (before, after) = text.split_once('{')?;
    let (named, behind) = after.split_once('}')?;
    Some((before, named, behind))
}
