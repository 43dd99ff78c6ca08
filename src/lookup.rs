//! The order in which a photo is answered: exact → glimpse → near → decode → drawn? → near → draw → keep.
//!
//! [`Lookup`] decides and touches nothing, as [`Policy`](crate::cache::Policy) does for what is kept. A shell asks it for
//! the next [`Step`], takes that step, and says what came of it.

use serde::Serialize;

/// What the cache is to be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caching {
    /// The very file's picture may answer.
    pub exact: bool,
    /// The picture of a photo that looks the same may answer.
    pub near: bool,
    /// What is drawn is kept.
    pub keep: bool,
}

impl Caching {
    /// Looked up and kept.
    pub const ON: Caching = Caching { exact: true, near: true, keep: true };
    /// Kept only: the picture is made anew.
    pub const REFRESH: Caching = Caching { exact: false, near: false, keep: true };
    /// Neither.
    pub const OFF: Caching = Caching { exact: false, near: false, keep: false };

    /// Whether it matters what the photo looks like.
    fn by_looks(self) -> bool {
        self.near || self.keep
    }
}

/// What a shell does next. Of a step that is a question it then says whether the answer was yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Step {
    /// Is something kept that was made of the very file?
    FindExact,
    /// Can the file be seen without decoding all of it, as a large JPEG can? Then its fingerprint is taken.
    Glimpse,
    /// Is something kept that was made of a photo with a fingerprint like this one's?
    FindNear,
    /// The file is decoded.
    Decode,
    /// Is the photo a drawing already? Drawings can be alike and yet differ in what matters, so they are neither looked
    /// up by their likeness nor kept. It is told from the whole photo, for which it was measured, and so only after a
    /// glimpse was looked up: a drawing in a large JPEG may be taken for a photo that is kept, should it look the same,
    /// but not for another drawing, as none is kept.
    Classify,
    /// The decoded photo's fingerprint is taken.
    Fingerprint,
    /// The generator draws.
    Draw,
    /// The picture is stored with the fingerprint.
    Keep,
    /// There is a picture: the one that was found last, else the one drawn.
    Answer,
}

/// One photo's way.
#[derive(Debug)]
pub struct Lookup {
    caching: Caching,
    /// The step under way.
    step: Option<Step>,
    /// Whether there is a fingerprint.
    seen: bool,
    decoded: bool,
    drawn: bool,
}

impl Lookup {
    /// Before the first step.
    pub fn new(caching: Caching) -> Lookup {
        Lookup { caching, step: None, seen: false, decoded: false, drawn: false }
    }

    /// The next step. `yes` is the answer to the last one where that was a question, else of no account.
    pub fn next(&mut self, yes: bool) -> Step {
        let step = match self.step {
            None if self.caching.exact => Step::FindExact,
            Some(Step::FindExact | Step::FindNear) if yes => Step::Answer,
            None | Some(Step::FindExact) => self.glimpse(),
            Some(Step::Glimpse) => {
                self.seen = yes;
                if yes && self.caching.near { Step::FindNear } else { Step::Decode }
            }
            Some(Step::FindNear) if !self.decoded => Step::Decode,
            Some(Step::Decode) => {
                self.decoded = true;
                if self.caching.by_looks() { Step::Classify } else { Step::Draw }
            }
            Some(Step::Classify) => {
                self.drawn = yes;
                if yes || self.seen { Step::Draw } else { Step::Fingerprint }
            }
            Some(Step::Fingerprint) if self.caching.near => Step::FindNear,
            Some(Step::Fingerprint | Step::FindNear) => Step::Draw,
            Some(Step::Draw) if self.caching.keep && !self.drawn => Step::Keep,
            Some(Step::Draw | Step::Keep | Step::Answer) => Step::Answer,
        };
        self.step = Some(step);
        step
    }

    fn glimpse(&self) -> Step {
        if self.caching.by_looks() { Step::Glimpse } else { Step::Decode }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is true of a photo and of what is kept.
    #[derive(Debug, Clone, Copy)]
    struct World {
        exact: bool,
        large: bool,
        near: bool,
        drawn: bool,
    }

    /// All steps that a photo takes, each with its answer.
    fn way(caching: Caching, world: World) -> Vec<(Step, bool)> {
        let mut lookup = Lookup::new(caching);
        let (mut steps, mut yes) = (vec![], false);
        loop {
            let step = lookup.next(yes);
            yes = match step {
                Step::FindExact => world.exact,
                Step::Glimpse => world.large,
                Step::FindNear => world.near,
                Step::Classify => world.drawn,
                _ => false,
            };
            steps.push((step, yes));
            if step == Step::Answer || steps.len() > 20 {
                return steps;
            }
        }
    }

    prop_compose! {
        fn any_caching()(exact: bool, near: bool, keep: bool) -> Caching {
            Caching { exact, near, keep }
        }
    }

    prop_compose! {
        fn any_world()(exact: bool, large: bool, near: bool, drawn: bool) -> World {
            World { exact, large, near, drawn }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1024))]

        #[test]
        fn every_way_ends_and_no_step_is_taken_twice(caching in any_caching(), world in any_world()) {
            let steps = way(caching, world);
            prop_assert_eq!(steps.last(), Some(&(Step::Answer, false)));
            for (at, (step, _)) in steps.iter().enumerate() {
                prop_assert!(!steps[..at].iter().any(|(earlier, _)| earlier == step), "{:?}", steps);
            }
        }

        #[test]
        fn what_is_found_answers_at_once_and_else_the_photo_is_drawn(caching in any_caching(), world in any_world()) {
            let steps = way(caching, world);
            let finds = |(step, yes): &(Step, bool)| matches!(step, Step::FindExact | Step::FindNear) && *yes;
            let found = steps.iter().position(finds);
            prop_assert_eq!(found.is_none(), place(&steps, Step::Draw).is_some());
            if let Some(at) = found {
                prop_assert_eq!(at + 2, steps.len());
            }
        }

        #[test]
        fn the_order_holds(caching in any_caching(), world in any_world()) {
            let steps = way(caching, world);
            let before = |first, then| place(&steps, then).is_none_or(|then| place(&steps, first).is_some_and(|at| at < then));
            prop_assert!(!caching.exact || steps[0].0 == Step::FindExact);
            prop_assert!(before(Step::Decode, Step::Classify) && before(Step::Decode, Step::Draw));
            prop_assert!(before(Step::Classify, Step::Fingerprint) && before(Step::Draw, Step::Keep));
            // What looks up by likeness, or stores, has a fingerprint.
            for needing in [Step::FindNear, Step::Keep] {
                prop_assert!(before(Step::Fingerprint, needing) || (world.large && before(Step::Glimpse, needing)));
            }
        }

        #[test]
        fn only_what_was_asked_for_is_done(caching in any_caching(), world in any_world()) {
            let steps = way(caching, world);
            let taken = |step| place(&steps, step).is_some();
            prop_assert!(caching.exact || !taken(Step::FindExact));
            prop_assert!(caching.near || !taken(Step::FindNear));
            prop_assert_eq!(taken(Step::Keep), caching.keep && !world.drawn && taken(Step::Draw));
            if !caching.by_looks() {
                prop_assert!(![Step::Glimpse, Step::Classify, Step::Fingerprint].into_iter().any(taken));
            }
        }

        #[test]
        fn a_drawing_is_not_looked_up_once_it_is_known_for_one(caching in any_caching(), world in any_world()) {
            let steps = way(caching, World { drawn: true, ..world });
            if let Some(at) = place(&steps, Step::Classify) {
                let after: Vec<Step> = steps[at + 1..].iter().map(|(step, _)| *step).collect();
                prop_assert_eq!(after, [Step::Draw, Step::Answer]);
            }
        }
    }

    fn place(steps: &[(Step, bool)], sought: Step) -> Option<usize> {
        steps.iter().position(|(step, _)| *step == sought)
    }

    fn names(caching: Caching, world: World) -> Vec<Step> {
        way(caching, world).into_iter().map(|(step, _)| step).collect()
    }

    #[test]
    fn the_usual_ways() {
        use Step::*;
        let small = World { exact: false, large: false, near: false, drawn: false };
        let large = World { large: true, ..small };
        assert_eq!(names(Caching::OFF, large), [Decode, Draw, Answer], "as every frame of a camera takes");
        assert_eq!(names(Caching::ON, World { exact: true, ..small }), [FindExact, Answer]);
        assert_eq!(names(Caching::ON, World { near: true, ..large }), [FindExact, Glimpse, FindNear, Answer]);
        assert_eq!(
            names(Caching::ON, World { near: true, ..small }),
            [FindExact, Glimpse, Decode, Classify, Fingerprint, FindNear, Answer]
        );
        assert_eq!(
            names(Caching::ON, small),
            [FindExact, Glimpse, Decode, Classify, Fingerprint, FindNear, Draw, Keep, Answer]
        );
        assert_eq!(
            names(Caching::ON, large),
            [FindExact, Glimpse, FindNear, Decode, Classify, Draw, Keep, Answer],
            "what was seen at a glance is not looked up twice"
        );
        assert_eq!(
            names(Caching::REFRESH, small),
            [Glimpse, Decode, Classify, Fingerprint, Draw, Keep, Answer],
            "nothing is looked up"
        );
    }
}
