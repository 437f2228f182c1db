//! The form of a network that is fastest to evaluate, made once for its weights as they are.

use std::cell::{Ref, RefCell};

use crate::error::TorchContext;
use crate::parameters::Parameter;
use crate::{ModelError, Precision};

/// A network's evaluated form, made when it is asked for and made anew when a weight or the
/// precision has changed.
#[derive(Debug)]
pub(crate) struct Prepared<N> {
    latest: RefCell<Option<Latest<N>>>,
}

#[derive(Debug)]
struct Latest<N> {
    network: N,
    version: i64,
    precision: Precision,
}

impl<N> Default for Prepared<N> {
    fn default() -> Self {
        Self { latest: RefCell::default() }
    }
}

impl<N> Prepared<N> {
    /// The form for `parameters` as they are, made by `make` if need be; `None` where the network
    /// has none.
    pub(crate) fn get(
        &self,
        parameters: &[Parameter],
        precision: Precision,
        make: impl FnOnce() -> Result<Option<N>, ModelError>,
    ) -> Result<Option<Ref<'_, N>>, ModelError> {
        // libtorch counts the changes of each tensor.
        let versions = parameters.iter().map(|p| p.tensor.f_internal_version());
        let version = versions.sum::<Result<i64, _>>().during("preparing the layers")?;
        let is_of_now =
            |latest: &Latest<N>| latest.version == version && latest.precision == precision;
        if !self.latest.borrow().as_ref().is_some_and(is_of_now) {
            let network = make()?;
            *self.latest.borrow_mut() =
                network.map(|network| Latest { network, version, precision });
        }
        Ok(Ref::filter_map(self.latest.borrow(), |latest| latest.as_ref().map(|l| &l.network)).ok())
    }
}
