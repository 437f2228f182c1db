//! Every scorer of features: the contract, inputs that break scorers, saving and restoring.

use ndarray::{Array1, Array2, array};
use novelty_cluster::{GaussianMixture, GaussianMixtureConfig};
use novelty_core::{CheckFailure, Features, Fit, Score, check_scorer};
use novelty_scoring::{
    Boundary, Distance, Hypersphere, HypersphereConfig, IsolationForest, IsolationForestConfig,
    KNearestNeighbors, KNearestNeighborsConfig, KernelDensity, KernelDensityConfig,
    LocalOutlierFactor, LocalOutlierFactorConfig, Mahalanobis, MahalanobisConfig, Normalisation,
    Normalised, OneClassSvm, OneClassSvmConfig, Shrinkage,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A fitted scorer of any kind.
trait Any {
    fn scores(&self, x: Features<'_>) -> Result<Array1<f32>, String>;
    fn check(&self, x: Features<'_>) -> Result<(), CheckFailure>;
    fn saved(&self) -> Value;
}

impl<S, E> Any for S
where
    S: for<'a> Score<Features<'a>, Error = E> + Serialize,
    E: std::error::Error + Send + Sync + 'static,
{
    fn scores(&self, x: Features<'_>) -> Result<Array1<f32>, String> {
        self.score(x).map_err(|error| error.to_string())
    }

    fn check(&self, x: Features<'_>) -> Result<(), CheckFailure> {
        check_scorer(self, x)
    }

    fn saved(&self) -> Value {
        serde_json::to_value(self).unwrap()
    }
}

type Fitted = Result<Box<dyn Any>, String>;

fn boxed<S: Any + 'static, E: std::error::Error>(fitted: Result<S, E>) -> Fitted {
    fitted.map(|scorer| Box::new(scorer) as Box<dyn Any>).map_err(|error| error.to_string())
}

fn restored<S: Any + DeserializeOwned + 'static>(saved: &Value) -> Fitted {
    // Through text: that is what a file holds.
    boxed(serde_json::from_str::<S>(&saved.to_string()))
}

/// What comes of one input: an error that says so, or finite scores.
#[derive(Clone, Copy)]
enum Comes {
    Error(&'static str),
    /// And what is far away scores higher than what was fitted to.
    Scores,
}
use Comes::{Error, Scores};

struct Kind {
    name: &'static str,
    fit: fn(Features<'_>) -> Fitted,
    restore: fn(&Value) -> Fitted,
    /// Of 30 copies of one sample.
    constant: Comes,
    /// Of one sample.
    one: Comes,
    /// Of 10 samples of 40 features.
    wide: Comes,
}

const NO_SPREAD: Comes = Error("reference samples do not vary");
const TOO_FEW: Comes = Error("1 reference samples; at least");

fn kinds() -> Vec<Kind> {
    vec![
        Kind {
            name: "nearest neighbours",
            fit: |x| boxed(KNearestNeighborsConfig::new(3).fit(x)),
            restore: restored::<KNearestNeighbors>,
            constant: Scores,
            one: TOO_FEW,
            wide: Scores,
        },
        Kind {
            name: "nearest neighbours by cosine, of a coreset",
            fit: |x| {
                let config = KNearestNeighborsConfig::new(1).distance(Distance::Cosine);
                boxed(config.coreset(7).fit(x))
            },
            restore: restored::<KNearestNeighbors>,
            constant: Scores,
            one: Scores,
            wide: Scores,
        },
        Kind {
            name: "outlier factor",
            fit: |x| boxed(LocalOutlierFactorConfig::new().n_neighbors(3).fit(x)),
            restore: restored::<LocalOutlierFactor>,
            constant: Scores,
            one: TOO_FEW,
            wide: Scores,
        },
        Kind {
            name: "Mahalanobis",
            fit: |x| boxed(MahalanobisConfig::new().fit(x)),
            restore: restored::<Mahalanobis>,
            constant: NO_SPREAD,
            one: TOO_FEW,
            wide: Scores,
        },
        Kind {
            name: "Mahalanobis, little shrinkage",
            fit: |x| boxed(MahalanobisConfig::new().shrinkage(Shrinkage::Fixed(0.01)).fit(x)),
            restore: restored::<Mahalanobis>,
            constant: NO_SPREAD,
            one: TOO_FEW,
            wide: Scores,
        },
        Kind {
            name: "hypersphere",
            fit: |x| boxed(HypersphereConfig::new().fit(x)),
            restore: restored::<Hypersphere>,
            constant: Scores,
            one: Scores,
            wide: Scores,
        },
        Kind {
            name: "soft hypersphere",
            fit: |x| boxed(HypersphereConfig::new().boundary(Boundary::Soft { nu: 0.1 }).fit(x)),
            restore: restored::<Hypersphere>,
            constant: Scores,
            one: Scores,
            wide: Scores,
        },
        Kind {
            name: "kernel density",
            fit: |x| boxed(KernelDensityConfig::new().fit(x)),
            restore: restored::<KernelDensity>,
            constant: NO_SPREAD,
            one: NO_SPREAD,
            wide: Scores,
        },
        Kind {
            name: "one-class support vector machine",
            fit: |x| boxed(OneClassSvmConfig::new().fit(x)),
            restore: restored::<OneClassSvm>,
            constant: NO_SPREAD,
            one: Scores,
            wide: Scores,
        },
        Kind {
            name: "isolation forest",
            fit: |x| boxed(IsolationForestConfig::new().seed(3).fit(x)),
            restore: restored::<IsolationForest>,
            constant: NO_SPREAD,
            one: TOO_FEW,
            wide: Scores,
        },
        Kind {
            name: "Gaussian mixture",
            fit: |x| boxed(GaussianMixtureConfig::new(1).fit(x)),
            restore: restored::<GaussianMixture>,
            constant: Scores,
            one: Scores,
            wide: Scores,
        },
        Kind {
            name: "normalised",
            fit: |x| {
                let scorer = HypersphereConfig::new().fit(x).map_err(|error| error.to_string())?;
                let scores = scorer.score(x).map_err(|error| error.to_string())?.to_vec();
                let normaliser = Normalisation::RobustZ.fit(&scores);
                let normaliser = normaliser.map_err(|error| error.to_string())?;
                Ok(Box::new(Normalised { scorer, normaliser }))
            },
            restore: restored::<Normalised<Hypersphere>>,
            constant: Error("more than half of the scores do not vary"),
            one: Error("more than half of the scores do not vary"),
            wide: Scores,
        },
    ]
}

fn hashed(n: usize, d: usize, salt: usize) -> Array2<f32> {
    Array2::from_shape_fn((n, d), |(i, j)| {
        let mixed = ((i * d + j + salt) as u32).wrapping_mul(2_654_435_761);
        (mixed ^ (mixed >> 15)).wrapping_mul(2_246_822_519) as f32 / 4_294_967_296.0
    })
}

/// Every row twenty times.
fn copies(x: &Array2<f32>) -> Array2<f32> {
    Array2::from_shape_fn((20 * x.nrows(), x.ncols()), |(i, j)| x[[i / 20, j]])
}

fn comes(name: &str, input: &str, kind: &Kind, x: &Array2<f32>, expected: Comes) {
    let fitted = (kind.fit)(x.view());
    match (fitted, expected) {
        (Err(message), Error(part)) => {
            assert!(message.contains(part), "{name}, {input}: {message}")
        }
        (Ok(scorer), Scores) => {
            let own = scorer.scores(x.view()).unwrap();
            assert!(own.iter().all(|score| score.is_finite()), "{name}, {input}: {own}");
            // Another direction, for the cosine.
            let far = Array2::from_shape_fn((1, x.ncols()), |(_, j)| [90.0, -70.0][j % 2]);
            let far = scorer.scores(far.view()).unwrap()[0];
            let highest = own.iter().copied().fold(f32::MIN, f32::max);
            assert!(far.is_finite() && far > highest, "{name}, {input}: {far} after {highest}");
        }
        (Err(message), Scores) => panic!("{name}, {input}: {message}"),
        (Ok(_), Error(part)) => panic!("{name}, {input}: no error that says {part}"),
    }
}

#[test]
fn degenerate_references_are_errors_or_scored() {
    for kind in kinds() {
        let name = kind.name;
        comes(name, "constant", &kind, &Array2::from_elem((30, 4), 0.25), kind.constant);
        comes(name, "one sample", &kind, &array![[0.5, 0.25, 0.75, 0.125]], kind.one);
        comes(name, "wide", &kind, &hashed(10, 40, 0), kind.wide);
        comes(name, "copies", &kind, &copies(&hashed(8, 4, 0)), Scores);
        let empty = Error("features is empty");
        comes(name, "no sample", &kind, &Array2::zeros((0, 4)), empty);
        comes(name, "no feature", &kind, &Array2::zeros((30, 0)), empty);
        for bad in [f32::NAN, f32::INFINITY] {
            let mut x = hashed(30, 4, 0);
            x[[7, 2]] = bad;
            comes(name, "not finite", &kind, &x, Error("features"));
        }
    }
}

#[test]
fn every_scorer_keeps_the_contract() {
    let (reference, queries) = (hashed(200, 6, 0), hashed(24, 6, 777_777));
    for kind in kinds() {
        let fitted = (kind.fit)(reference.view()).unwrap();
        fitted.check(queries.view()).unwrap_or_else(|error| panic!("{}: {error}", kind.name));
        let none = fitted.scores(Array2::zeros((0, 6)).view()).unwrap();
        assert!(none.is_empty(), "{}", kind.name);
    }
}

#[test]
fn restored_scorers_give_the_same_bits() {
    for (n, d) in [(200, 6), (12, 40)] {
        let (reference, queries) = (hashed(n, d, 0), hashed(50, d, 777_777));
        for kind in kinds() {
            let fitted = (kind.fit)(reference.view()).unwrap();
            let restored = (kind.restore)(&fitted.saved()).unwrap();
            let bits = |scorer: &dyn Any| scorer.scores(queries.view()).unwrap().mapv(f32::to_bits);
            assert_eq!(bits(&*fitted), bits(&*restored), "{}", kind.name);
        }
    }
}

/// Whatever number or list of the saved scorer is changed, it is an error or it scores.
#[test]
fn mangled_scorers_do_not_panic() {
    let reference = hashed(40, 3, 0);
    for kind in kinds() {
        let saved = (kind.fit)(reference.view()).unwrap().saved();
        let mut refused = 0;
        for at in 0..count(&saved) {
            for how in 0..4 {
                let mut mangled = saved.clone();
                mangle(&mut mangled, &mut at.clone(), how);
                match (kind.restore)(&mangled) {
                    Err(_) => refused += 1,
                    Ok(scorer) => drop(scorer.scores(reference.view())),
                }
            }
        }
        assert!(refused > 0, "{}", kind.name);
    }
}

/// Values, of long lists only the first three.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(all) => all.iter().take(3).map(count).sum(),
        Value::Object(all) => all.values().map(count).sum(),
        _ => 0,
    }
}

fn mangle(value: &mut Value, at: &mut usize, how: usize) {
    if *at == 0 {
        *value = mangled(value, how);
        *at = usize::MAX;
        return;
    }
    *at -= 1;
    let children: Vec<&mut Value> = match value {
        Value::Array(all) => all.iter_mut().take(3).collect(),
        Value::Object(all) => all.values_mut().collect(),
        _ => Vec::new(),
    };
    for child in children {
        if *at == usize::MAX {
            return;
        }
        mangle(child, at, how);
    }
}

fn mangled(value: &Value, how: usize) -> Value {
    match (value, how) {
        (Value::Array(all), 0) => all.iter().skip(1).cloned().collect(),
        (Value::Array(all), 1) => all.iter().chain(all.last()).cloned().collect(),
        (Value::Array(_), 2) => Value::Array(Vec::new()),
        (Value::Number(_), 0) => Value::from(0),
        (Value::Number(_), 1) => Value::from(-1),
        (Value::Number(_), 2) => Value::from(4_294_967_295_u32),
        _ => Value::Null,
    }
}
