use novelty_models::{ConvAutoencoder, Device, ModelError, set_threads};

use crate::pictures::network;

#[test]
fn names_parse_and_print() {
    for (name, device) in
        [("auto", Device::Auto), ("cpu", Device::Cpu), ("cuda:3", Device::Cuda(3))]
    {
        assert_eq!(name.parse::<Device>().unwrap(), device);
        assert_eq!(device.to_string(), name);
    }
    assert_eq!("cuda".parse::<Device>().unwrap(), Device::Cuda(0));
    for name in ["gpu", "cuda:", "cuda:-1", "CPU", ""] {
        assert!(matches!(name.parse::<Device>(), Err(ModelError::UnknownDevice(_))), "{name}");
    }
}

#[test]
fn a_missing_gpu_is_an_error_that_says_what_to_do() {
    let error = ConvAutoencoder::untrained(network(), 0, Device::Cuda(4096)).unwrap_err();
    assert!(error.to_string().contains("use `cpu` or `auto`"), "{error}");
}

#[test]
fn no_threads_is_an_error() {
    assert!(matches!(set_threads(0), Err(ModelError::Input(_))));
    assert!(matches!(set_threads(usize::MAX), Err(ModelError::Input(_))));
}
