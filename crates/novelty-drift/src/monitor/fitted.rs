use ndarray::{Array2, Axis, s};
use novelty_core::{Embed, Fit, Images, InputError, Score, ensure_finite};

use super::calibration::{Calibration, centre_of};
use super::discovery::diagnose;
use super::state::{Held, stack};
use super::usual::Usual;
use super::{
    ClassModel, Event, EventKind, Explained, ModelBank, MonitorConfig, MonitorError,
    MonitorReference, MonitorState, Proposal,
};

/// Watches a stream of images: which are of a known class, which have a camera problem, whether
/// they drift, and whether those that nothing explains hold a new class.
///
/// An image is of the class whose model scores it lowest in units of its threshold, if that is at
/// most 1. What no class and no camera problem explains goes to a buffer of bounded size and age,
/// which is clustered after every few additions. A cluster is proposed as a new class once it is large
/// (`min_class_size`), tight (its spread is that of a known class) and stable (its members stay
/// together from look to look). A proposal goes on collecting its images until the caller trains a
/// model on them, see [`train_class`](crate::train_class), and adopts it.
///
/// A cumulative sum says `Drift`: of the log of score over threshold, standardised by what is usual
/// for the class that explains an image best. What is usual for an adopted class is taken from
/// the first 200 images that it explains, none of which counts towards an alarm. That does not rule
/// out an alarm after an adoption: one can still come, and how often has not been measured.
///
/// The same stream gives the same events, in whatever batches it comes. Memory is bounded by the
/// settings: `buffer_size + max_proposals * max_members` images and embeddings.
#[derive(Debug, Clone)]
pub struct Monitor<S, E> {
    bank: ModelBank<S>,
    embedder: E,
    state: MonitorState,
}

impl<'a, S, E> Fit<MonitorReference<'a, S, E>> for MonitorConfig
where
    S: for<'b> Score<Images<'b>>,
    E: Embed,
{
    type Fitted = Monitor<S, E>;
    type Error = MonitorError;

    fn fit(&self, reference: MonitorReference<'a, S, E>) -> Result<Monitor<S, E>, MonitorError> {
        self.validate()?;
        let MonitorReference { bank, embedder, camera, images, classes } = reference;
        let (n, channels, height, width) = images.dim();
        if n != classes.len() {
            let (left, right) = ("images", "classes");
            let (left_len, right_len) = (n, classes.len());
            return Err(InputError::Length { left, left_len, right, right_len }.into());
        }
        if let Some(class) = classes.iter().find(|&&class| class >= bank.models().len()) {
            return Err(InputError::setting("class", class, "a position in the bank").into());
        }
        ensure_finite("images", &images)?;
        let embeddings = embed(&embedder, images)?;
        let calibration = Calibration::new(self, &embeddings, classes)?;
        let explained = bank.explain(images)?;
        let usual: Vec<Usual> = bank
            .models()
            .iter()
            .enumerate()
            .map(|(i, model)| Usual::of_reference(model.name(), i, &explained))
            .collect();
        let excesses: Vec<f32> =
            explained.iter().filter_map(|best| usual[best.class].excess(best)).collect();
        let state = MonitorState {
            config: self.clone(),
            calibration,
            camera,
            image_shape: [channels, height, width],
            n_features: embeddings.ncols(),
            n_seen: 0,
            n_unexplained: 0,
            next_proposal: 0,
            drift: self.drift().fit(&excesses[..])?,
            usual,
            buffer: std::collections::VecDeque::new(),
            proposals: Vec::new(),
            dismissed: std::collections::VecDeque::new(),
            seen: Vec::new(),
            looked_at: None,
        };
        Ok(Monitor { bank, embedder, state })
    }
}

fn embed<E: Embed>(embedder: &E, images: Images<'_>) -> Result<Array2<f32>, MonitorError> {
    let n = images.len_of(Axis(0));
    let rows = embedder.embed(images).map_err(|source| MonitorError::Embed(Box::new(source)))?;
    if rows.nrows() != n {
        let (expected, got) = (vec![n, rows.ncols()], rows.shape().to_vec());
        return Err(InputError::Shape { place: "embeddings", expected, got }.into());
    }
    ensure_finite("embeddings", &rows)?;
    Ok(rows)
}

impl<S, E> Monitor<S, E> {
    /// A monitor that goes on where another was saved. The models and the embedder must be those
    /// that it had.
    ///
    /// # Errors
    /// If a setting of the state is out of range, its images are not all of one shape, or the bank
    /// has other classes than it had.
    pub fn restore(
        state: MonitorState,
        bank: ModelBank<S>,
        embedder: E,
    ) -> Result<Self, MonitorError> {
        state.config.validate()?;
        let expected: Vec<String> = state.usual.iter().map(|usual| usual.class.clone()).collect();
        let got: Vec<String> = bank.models().iter().map(|model| model.name().to_owned()).collect();
        if expected != got {
            return Err(MonitorError::OtherClasses { expected, got });
        }
        for held in state.proposals.iter().flat_map(|p| &p.members).chain(&state.buffer) {
            let (shape, expected) = (held.image.shape(), state.image_shape);
            if shape != expected || held.embedding.len() != state.n_features {
                let (place, got) = ("an image of the state", shape.to_vec());
                return Err(InputError::Shape { place, expected: expected.to_vec(), got }.into());
            }
        }
        Ok(Self { bank, embedder, state })
    }

    /// What is to be saved.
    pub fn state(&self) -> &MonitorState {
        &self.state
    }

    /// The known classes.
    pub fn bank(&self) -> &ModelBank<S> {
        &self.bank
    }

    /// What describes the images that the known classes do not explain.
    pub fn embedder(&self) -> &E {
        &self.embedder
    }

    /// The open proposals, oldest first.
    pub fn proposals(&self) -> &[Proposal] {
        &self.state.proposals
    }

    /// The open proposal of a number.
    pub fn proposal(&self, id: u64) -> Option<&Proposal> {
        self.state.proposals.iter().find(|proposal| proposal.id == id)
    }

    /// Drops a proposal and its images: they are no class worth a name. Clusters at the same place
    /// are not proposed again, but dropped as well; [`Monitor::forget_dismissed`] takes that back.
    /// The last `max_dismissed` are remembered.
    ///
    /// # Errors
    /// If no such proposal is open.
    pub fn dismiss(&mut self, id: u64) -> Result<Proposal, MonitorError> {
        let proposal = self.state.remove(id)?;
        self.state.dismissed.push_back(centre_of(proposal.embeddings().view()));
        while self.state.dismissed.len() > self.state.config.max_dismissed {
            self.state.dismissed.pop_front();
        }
        Ok(proposal)
    }

    /// Lets clusters be proposed again that are like dismissed ones.
    pub fn forget_dismissed(&mut self) {
        self.state.dismissed.clear();
    }
}

impl<S: for<'a> Score<Images<'a>>, E: Embed> Monitor<S, E> {
    /// Takes the next images, and says of each what it is; see [`EventKind`].
    ///
    /// # Errors
    /// If the images have another shape than the reference, or are not finite, or a model fails:
    /// nothing of the batch has then been taken in. If the buffer cannot be clustered, the images
    /// up to that look have.
    pub fn push(&mut self, images: Images<'_>) -> Result<Vec<Event>, MonitorError> {
        self.check(&images)?;
        let explained = self.bank.explain(images)?;
        let foreign: Vec<usize> =
            (0..explained.len()).filter(|&i| explained[i].ratio > 1.0).collect();
        let embeddings = match foreign.is_empty() {
            true => Array2::zeros((0, self.state.n_features)),
            false => embed(&self.embedder, images.select(Axis(0), &foreign).view())?,
        };
        if embeddings.ncols() != self.state.n_features {
            let expected = vec![foreign.len(), self.state.n_features];
            let got = embeddings.shape().to_vec();
            return Err(InputError::Shape { place: "embeddings", expected, got }.into());
        }
        self.take_in(images, &explained, &foreign, &embeddings)
    }

    fn check(&self, images: &Images<'_>) -> Result<(), InputError> {
        if images.shape()[1..] != self.state.image_shape {
            let expected = [&[images.len_of(Axis(0))], &self.state.image_shape[..]].concat();
            let got = images.shape().to_vec();
            return Err(InputError::Shape { place: "images", expected, got });
        }
        ensure_finite("images", images)
    }

    fn take_in(
        &mut self,
        images: Images<'_>,
        explained: &[Explained],
        foreign: &[usize],
        embeddings: &Array2<f32>,
    ) -> Result<Vec<Event>, MonitorError> {
        let mut events = Vec::with_capacity(explained.len());
        let mut row = 0;
        for (i, best) in explained.iter().enumerate() {
            let image = self.state.n_seen;
            self.state.n_seen += 1;
            let class = self.bank.models()[best.class].name();
            let ratio = best.ratio;
            let mut kinds = if foreign.get(row) == Some(&i) {
                row += 1;
                let (one, rows) = (s![i..=i, .., .., ..], s![row - 1..row, ..]);
                self.state.unexplained(images.slice(one), embeddings.slice(rows), class, ratio)?
            } else {
                vec![EventKind::Normal { class: class.to_owned(), ratio }]
            };
            kinds.extend(self.state.drift(best)?);
            events.extend(kinds.into_iter().map(|kind| Event { image, kind }));
        }
        Ok(events)
    }

    /// Makes a proposal a class: its model joins the bank, and what the model explains leaves the
    /// buffer. The drift statistic starts afresh, and learns what is usual for the class.
    ///
    /// # Errors
    /// If no such proposal is open, there is a class of that name, or a model fails.
    pub fn adopt(&mut self, id: u64, model: ClassModel<S>) -> Result<Proposal, MonitorError> {
        if self.proposal(id).is_none() {
            return Err(MonitorError::UnknownProposal(id));
        }
        let buffered = stack(self.state.buffer.iter());
        let usual = Usual::new(model.name());
        self.bank.add(model)?;
        self.state.usual.push(usual);
        if !self.state.buffer.is_empty() {
            let explained = self.bank.explain(buffered.view())?;
            let mut still = explained.iter().map(|best| best.ratio > 1.0);
            self.state.buffer.retain(|_| still.next().unwrap_or(true));
        }
        self.state.drift.restart();
        self.state.remove(id)
    }
}

impl MonitorState {
    fn remove(&mut self, id: u64) -> Result<Proposal, MonitorError> {
        let position = self.proposals.iter().position(|proposal| proposal.id == id);
        Ok(self.proposals.remove(position.ok_or(MonitorError::UnknownProposal(id))?))
    }

    /// Nothing while it is not known what is usual for the class.
    fn drift(&mut self, best: &Explained) -> Result<Option<EventKind>, MonitorError> {
        let Some(excess) = self.usual[best.class].observe(best) else { return Ok(None) };
        let report = self.drift.update(excess)?;
        let (statistic, threshold, n_seen) = (report.statistic, report.threshold, report.n_seen);
        Ok(report.is_drift.then_some(EventKind::Drift { statistic, threshold, n_seen }))
    }

    fn unexplained(
        &mut self,
        image: Images<'_>,
        embedding: novelty_core::Features<'_>,
        class: &str,
        ratio: f64,
    ) -> Result<Vec<EventKind>, MonitorError> {
        if let Some(camera) = &self.camera
            && let Some(problem) = diagnose(camera, self.config.camera_features, image, embedding)?
        {
            return Ok(vec![problem]);
        }
        let mut events = vec![EventKind::Anomaly { nearest_class: class.to_owned(), ratio }];
        self.buffer.push_back(Held {
            number: self.n_seen - 1,
            embedding: embedding.iter().copied().collect(),
            image: image.index_axis(Axis(0), 0).to_owned(),
        });
        let (n_seen, age) = (self.n_seen, self.config.buffer_age);
        let is_old = |held: &Held| n_seen - held.number > age;
        while self.buffer.len() > self.config.buffer_size || self.buffer.front().is_some_and(is_old)
        {
            self.buffer.pop_front();
        }
        self.n_unexplained += 1;
        if self.n_unexplained.is_multiple_of(self.config.check_every as u64) {
            events.extend(self.look()?);
        }
        Ok(events)
    }
}
