/// Something the readers of novelty-data read.
pub(super) struct Source {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    pub(super) licence: &'static str,
    pub(super) size: &'static str,
    pub(super) how: &'static str,
    /// Where the files of `files` are; empty where they cannot be had without asking.
    pub(super) url: &'static str,
    pub(super) files: &'static [FileOf],
}

/// A compressed file, known by its content: mirrors compress it anew.
pub(super) struct FileOf {
    pub(super) name: &'static str,
    /// Bytes of the content.
    pub(super) len: u64,
    /// SHA-256 of the content. All were taken from files: MNIST's from those bundled here,
    /// Fashion-MNIST's from those of Debian's package.
    pub(super) sha256: &'static str,
}

const fn file(name: &'static str, len: u64, sha256: &'static str) -> FileOf {
    FileOf { name, len, sha256 }
}

pub(super) const SOURCES: [Source; 8] = [
    Source {
        name: "mnist",
        what: "70,000 digits 28x28, IDX",
        licence: "CC BY-SA 3.0",
        size: "11 MB",
        how: "bundled in datasets/mnist; `cargo xtask data get mnist` fetches it again",
        url: "https://ossci-datasets.s3.amazonaws.com/mnist",
        files: &[
            file(
                "train-images-idx3-ubyte.gz",
                47_040_016,
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            ),
            file(
                "train-labels-idx1-ubyte.gz",
                60_008,
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            ),
            file(
                "t10k-images-idx3-ubyte.gz",
                7_840_016,
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            ),
            file(
                "t10k-labels-idx1-ubyte.gz",
                10_008,
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ),
        ],
    },
    Source {
        name: "fashion-mnist",
        what: "70,000 pictures of clothes 28x28, IDX",
        licence: "MIT",
        size: "30 MB",
        how: "`cargo xtask data get fashion-mnist`, or Debian's package \
              dataset-fashion-mnist, which puts it into /usr/share/datasets/fashion-mnist",
        url: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        files: &[
            file(
                "train-images-idx3-ubyte.gz",
                47_040_016,
                "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            ),
            file(
                "train-labels-idx1-ubyte.gz",
                60_008,
                "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            ),
            file(
                "t10k-images-idx3-ubyte.gz",
                7_840_016,
                "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            ),
            file(
                "t10k-labels-idx1-ubyte.gz",
                10_008,
                "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            ),
        ],
    },
    Source {
        name: "kmnist",
        what: "70,000 Kuzushiji characters 28x28, IDX",
        licence: "CC BY-SA 4.0",
        size: "21 MB",
        how: "codh.rois.ac.jp/kmnist; open with IdxDataset",
        url: "",
        files: &[],
    },
    Source {
        name: "emnist",
        what: "up to 814,255 letters and digits 28x28, IDX",
        licence: "public domain (NIST)",
        size: "540 MB",
        how: "nist.gov, EMNIST; open with IdxDataset and .transposed()",
        url: "",
        files: &[],
    },
    Source {
        name: "notmnist",
        what: "letters A to J 28x28, IDX",
        licence: "none stated; free for research",
        size: "3 MB and up",
        how: "notMNIST-to-MNIST on GitHub; open with IdxDataset",
        url: "",
        files: &[],
    },
    Source {
        name: "cifar-10",
        what: "60,000 pictures 32x32 of ten classes",
        licence: "none stated; free for research",
        size: "170 MB",
        how: "cs.toronto.edu/~kriz; as folders of images, ImageFileDataset::open_classes",
        url: "",
        files: &[],
    },
    Source {
        name: "mvtec-ad",
        what: "5,354 pictures of 15 products, with masks",
        licence: "CC BY-NC-SA 4.0",
        size: "4.9 GB",
        how: "mvtec.com, after a form; MvtecDataset. Other data in this layout works too",
        url: "",
        files: &[],
    },
    Source {
        name: "inspection",
        what: "synthetic: two objects, a texture, 15 defects with masks",
        licence: "MIT or Apache-2.0",
        size: "any",
        how: "made by novelty_data::InspectionConfig, no download",
        url: "",
        files: &[],
    },
];
