//! What the sample reports say.

use super::templates::{CLOSING, DEMO, DISCOVERY};

/// A report by a template: for each criterion its score and a comment.
pub(super) struct Review {
    pub(super) template: usize,
    pub(super) scores: [(u8, &'static str); 4],
    pub(super) summary: &'static str,
    pub(super) strengths: &'static [&'static str],
    pub(super) improvements: &'static [&'static str],
}

pub(super) const NORDWIND: Review = Review {
    template: DISCOVERY,
    scores: [
        (94, "Nine questions before a word about the product."),
        (90, "Forty-two hours a day, eight or nine days a quarter."),
        (82, "The finance director is named; her budget is not."),
        (95, "Thursday at ten, with the December tours as homework."),
    ],
    summary: "A patient discovery call. The cost of a missing dispatcher was put into numbers by \
              the customer himself, and the next meeting includes the person who pays.",
    strengths: &[
        "Lets the customer do the arithmetic",
        "Asks who else must be convinced",
    ],
    improvements: &["Ask what has been tried before, and why it failed"],
};

pub(super) const HALDEN: Review = Review {
    template: DEMO,
    scores: [
        (96, "Shows the customer's own Monday."),
        (88, "The tunnel question is answered on the screen."),
        (80, "Good room for both; the driver app came late."),
        (
            86,
            "Two drivers try it, and a talk in a week without a fixed day.",
        ),
    ],
    summary: "The demonstration ran on the customer's own addresses and turned every question \
              into something visible. The trial with two drivers is the right next step.",
    strengths: &[
        "Real data instead of a sample",
        "Takes objections as features to show",
    ],
    improvements: &["Fix the day of the follow-up while everybody is still there"],
};

pub(super) const BRIGHTFIELD: Review = Review {
    template: CLOSING,
    scores: [
        (85, "Brings in the ten onboarding days before any discount."),
        (92, "Twelve percent for two years, eight for a way out."),
        (88, "Asks whether price is the last open point."),
        (
            90,
            "A signature by the end of the month, counsel identified.",
        ),
    ],
    summary: "Eighteen percent of price difference shrank to one missing line in the \
              competitor's offer. Both concessions were traded for a longer term.",
    strengths: &[
        "Isolates the objection before answering it",
        "Never gives without taking",
    ],
    improvements: &["Name a date for the signature rather than the end of the month"],
};

pub(super) const ORCHARD: Review = Review {
    template: DISCOVERY,
    scores: [
        (86, "Asks what is not calm yet, and waits."),
        (64, "The wrong stock is named and never measured."),
        (60, "Nobody asked who decides about the other depots."),
        (92, "Switched on today, a call on Friday."),
    ],
    summary: "An honest check-in that found an unused feature and repaired some trust. The cost \
              of late returns would have been worth a number.",
    strengths: &["Apologizes once and then acts"],
    improvements: &[
        "Ask what wrong stock costs in a week",
        "Use the success to ask about the other depots",
    ],
};

pub(super) const MERIDIAN: Review = Review {
    template: DISCOVERY,
    scores: [
        (
            31,
            "Opens with a pitch; the first question comes in the seventh line.",
        ),
        (
            58,
            "Six pounds and one in nine, both offered by the customer.",
        ),
        (40, "Nothing about who decides."),
        (35, "A promise to look something up, without a date."),
    ],
    summary: "The customer named her problem twice before it was heard. Failed deliveries, not \
              tour length, are what she would pay for.",
    strengths: &["Finds the fitting feature in the end"],
    improvements: &[
        "Ask about the problem before describing the platform",
        "Bring one reference of the customer's size",
        "Agree on a date for the answer",
    ],
};

pub(super) const CASTELLAN: Review = Review {
    template: DEMO,
    scores: [
        (97, "Begins where two vendors failed."),
        (94, "Lets the customer try the forbidden page."),
        (88, "One topic at a time, each closed before the next."),
        (91, "A pilot with its criteria agreed on the same day."),
    ],
    summary: "A demonstration built around one requirement, which was proven rather than claimed. \
              The question about leaving was answered without hesitation.",
    strengths: &[
        "Starts with the hardest requirement",
        "Proves separation by trying to break it",
    ],
    improvements: &["Write the success criteria down during the call"],
};

pub(super) const FENWICK: Review = Review {
    template: CLOSING,
    scores: [
        (
            87,
            "Half a day each month is gone before the price comes up.",
        ),
        (
            76,
            "The smaller plan is given freely; it could have bought a term.",
        ),
        (93, "Asks what the cheaper tools promised."),
        (89, "An offer the customer calls signed."),
    ],
    summary: "The renewal was saved by solving a problem during the call and by an honest look at \
              unused seats.",
    strengths: &[
        "Calls seven weeks early",
        "Puts the relation before this year's revenue",
    ],
    improvements: &["Ask for a two-year term in return for the smaller plan"],
};

pub(super) const KESTREL: Review = Review {
    template: CLOSING,
    scores: [
        (78, "Explains what is kept when tracking is off."),
        (70, "Offers the agreement and asks for nothing yet."),
        (96, "Listens first, then answers what, how long and who."),
        (80, "Wednesday is fixed; the decision after it is not."),
    ],
    summary: "Worries about surveillance were answered with facts that can be written into an \
              agreement. The council was treated as a customer.",
    strengths: &[
        "Separates storage, access and purpose",
        "Offers a real choice",
    ],
    improvements: &["Ask what follows if the council agrees"],
};
