//! Values that are one word or one text in JSON.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use mira_console::{Action, KindWord, StandingWord, TargetKind, TransactionType};
use mira_core::{Environment, OrganizationState, Permission, Plan, Role, SubscriptionStatus};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A value that JSON writes as its text.
#[derive(Clone, Copy)]
pub(crate) struct Text<T>(pub(crate) T);

/// An enumeration with one word for each value.
pub(crate) trait Words: Copy + Display + 'static {
    /// What the document calls it.
    const NAME: &'static str;
    /// Every value, in order.
    const ALL: &'static [Self];
}

macro_rules! words {
    ($($name:ident as $text:ident),+ $(,)?) => {
        $(
            impl Words for $name {
                const NAME: &'static str = stringify!($name);
                const ALL: &'static [Self] = Self::ALL;
            }

            pub(crate) type $text = Text<$name>;
        )+
    };
}

words!(
    Action as ActionText,
    Environment as EnvironmentText,
    KindWord as KindText,
    OrganizationState as OrganizationStateText,
    Permission as PermissionText,
    Plan as PlanText,
    Role as RoleText,
    StandingWord as StandingText,
    SubscriptionStatus as SubscriptionStatusText,
    TargetKind as TargetKindText,
    TransactionType as TransactionTypeText,
);

impl<T: Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

impl<T: Words> PartialSchema for Text<T> {
    fn schema() -> RefOr<Schema> {
        let words = T::ALL.iter().map(ToString::to_string);
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(words))
            .into()
    }
}

impl<T: Words> ToSchema for Text<T> {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed(T::NAME)
    }
}
