//! `[[model]]`: a model behind an OpenAI-compatible provider, and its price.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use mira_core::MicroUsd;
use mira_network::Price;
use mira_outbound::{HttpVersions, SecretText};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::error::Fault;
use super::http_url::HttpUrl;
use super::network::timeout_secs;
use super::parsed::Parsed;

/// One `[[model]]`.
#[derive(Debug, Clone)]
pub struct ModelConfig {
    /// Its name for callers.
    pub id: String,
    /// Its name for the provider; the same if nothing else is said.
    pub name: String,
    /// The provider's address, up to and including its version segment.
    pub base_url: HttpUrl,
    /// The versions of HTTP that the provider is offered.
    pub versions: HttpVersions,
    /// The provider's key, from the variable that `api_key_env` names.
    pub api_key: Option<SecretText>,
    /// What its tokens cost the caller.
    pub price: Price,
    /// The longest wait for it, in seconds; that of `[network]` if absent.
    pub timeout_secs: Option<u64>,
    api_key_env: Option<(String, Range<usize>)>,
}

/// One `[[model]]` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelTable {
    id: Spanned<String>,
    name: Option<Spanned<String>>,
    base_url: Parsed<HttpUrl>,
    http2: Option<bool>,
    api_key_env: Option<Spanned<String>>,
    prompt_usd_per_million: Spanned<f64>,
    completion_usd_per_million: Spanned<f64>,
    #[serde(default, deserialize_with = "some_timeout_secs")]
    timeout_secs: Option<u64>,
}

impl ModelConfig {
    /// Looks the key up. A variable that is named must be there.
    pub(super) fn find_key(&mut self, environment: &BTreeMap<String, String>) -> Result<(), Fault> {
        let Some((variable, span)) = &self.api_key_env else {
            return Ok(());
        };
        let key = environment.get(variable).filter(|key| !key.is_empty());
        let key = key.ok_or_else(|| {
            Fault::new(span.clone(), format!("the variable {variable} is not set"))
        })?;
        self.api_key = Some(SecretText::from(key.clone()));
        Ok(())
    }
}

/// Checks each model, and that no two have one id.
pub(super) fn check(tables: Vec<ModelTable>) -> Result<Vec<ModelConfig>, Fault> {
    let mut ids = BTreeSet::new();
    let mut models = Vec::new();
    for table in tables {
        if !ids.insert(table.id.get_ref().clone()) {
            let reason = format!("another model is called \"{}\"", table.id.get_ref());
            return Err(Fault::new(table.id.span(), reason));
        }
        models.push(table.check()?);
    }
    Ok(models)
}

impl ModelTable {
    fn check(self) -> Result<ModelConfig, Fault> {
        check_plain("an id", &self.id)?;
        if let Some(name) = &self.name {
            check_plain("a name", name)?;
        }
        let price = Price {
            prompt_per_million: dollars(&self.prompt_usd_per_million)?,
            completion_per_million: dollars(&self.completion_usd_per_million)?,
        };
        let versions = HttpVersions::of_setting(self.http2);
        let variable = |name: Spanned<String>| (name.get_ref().clone(), name.span());
        let id = self.id.into_inner();
        let name = self.name.map(Spanned::into_inner);
        Ok(ModelConfig {
            name: name.unwrap_or_else(|| id.clone()),
            id,
            base_url: self.base_url.0,
            versions,
            api_key: None,
            price,
            timeout_secs: self.timeout_secs,
            api_key_env: self.api_key_env.map(variable),
        })
    }
}

fn check_plain(noun: &str, text: &Spanned<String>) -> Result<(), Fault> {
    let is_plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic());
    if is_plain(text.get_ref()) {
        return Ok(());
    }
    let reason = format!("{noun} has at least one character, and neither spaces nor controls");
    Err(Fault::new(text.span(), reason))
}

fn some_timeout_secs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    timeout_secs(deserializer).map(Some)
}

fn dollars(price: &Spanned<f64>) -> Result<MicroUsd, Fault> {
    let amount = MicroUsd::from_dollars(*price.get_ref());
    amount
        .filter(|amount| *amount >= MicroUsd::ZERO)
        .ok_or_else(|| {
            let reason = "a price of at least 0 dollars with at most 6 decimal places is expected";
            Fault::new(price.span(), reason)
        })
}
