//! The sample templates.

use crate::template::CoachingTone;

/// One template, and what its criteria are: name, description, weight.
pub(super) struct SampleTemplate {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) prompt: &'static str,
    pub(super) tone: CoachingTone,
    pub(super) call_type: &'static str,
    pub(super) criteria: [(&'static str, &'static str, f64); 4],
}

pub(super) const DISCOVERY: usize = 0;
pub(super) const DEMO: usize = 1;
pub(super) const CLOSING: usize = 2;

pub(super) const TEMPLATES: [SampleTemplate; 3] = [
    SampleTemplate {
        name: "Discovery call",
        description: "First conversations: did we learn what hurts, and for whom?",
        prompt: "You coach sales representatives after discovery calls.\n\
                 Read the transcript and judge how well the representative understood the \
                 customer's situation before speaking about the product. Quote what was said.",
        tone: CoachingTone::Supportive,
        call_type: "discovery",
        criteria: [
            ("Open questions", "Asks more than it tells", 3.0),
            (
                "Pain in numbers",
                "The problem has a size and a frequency",
                3.0,
            ),
            ("Decision process", "Knows who decides and by what", 2.0),
            ("Next step", "Ends with a date and a purpose", 2.0),
        ],
    },
    SampleTemplate {
        name: "Product demo",
        description: "Demonstrations: did we show what this customer asked for?",
        prompt: "You coach sales representatives after product demonstrations.\n\
                 Judge whether what was shown answers what the customer said before, how questions \
                 were handled, and whether the demonstration led to a next step.",
        tone: CoachingTone::Direct,
        call_type: "demo",
        criteria: [
            ("Relevance", "Shows the customer's own case", 4.0),
            ("Questions", "Answers plainly, admits limits", 3.0),
            ("Pace", "Leaves room for the customer", 1.0),
            ("Next step", "Ends with a date and a purpose", 2.0),
        ],
    },
    SampleTemplate {
        name: "Closing and renewal",
        description: "Prices, objections and signatures.",
        prompt: "You coach sales representatives after negotiations and renewals.\n\
                 Judge how value was defended, which concessions were made for which return, and \
                 what remains open. Argue from what was said and from the numbers in it.",
        tone: CoachingTone::Analytical,
        call_type: "negotiation",
        criteria: [
            (
                "Value before price",
                "Speaks of worth before discounts",
                3.0,
            ),
            ("Trades, not gifts", "Every concession has a return", 3.0),
            ("Objections", "Heard out, then answered", 2.0),
            ("Commitment", "Who signs what, and when", 2.0),
        ],
    },
];
