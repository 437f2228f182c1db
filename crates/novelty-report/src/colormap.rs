//! Perceptually uniform colours for maps of scores.

/// A scale of colours, from low to high.
///
/// Both are matplotlib's (van der Walt, Smith and Firing, CC0), at 52 stops with straight
/// lines between them, which is nowhere more than 1.2 of 255 from the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Colormap {
    /// Black over red to pale yellow: heat over a gray or coloured image.
    #[default]
    Inferno,
    /// Blue over green to yellow: maps that stand alone.
    Viridis,
}

impl Colormap {
    /// The RGB colour of a value in `[0, 1]`; values outside take the nearest end, NaN the low
    /// one.
    ///
    /// ```
    /// use novelty_report::Colormap;
    ///
    /// assert_eq!(Colormap::Viridis.rgb(0.0), [68, 1, 84]);
    /// assert_eq!(Colormap::Viridis.rgb(2.0), [253, 231, 37]);
    /// ```
    #[must_use]
    pub fn rgb(self, value: f32) -> [u8; 3] {
        let stops = match self {
            Self::Inferno => &INFERNO,
            Self::Viridis => &VIRIDIS,
        };
        let value = if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) };
        let place = value * (stops.len() - 1) as f32;
        let below = (place as usize).min(stops.len() - 2);
        let share = place - below as f32;
        std::array::from_fn(|channel| {
            let (from, to) =
                (f32::from(stops[below][channel]), f32::from(stops[below + 1][channel]));
            (from + share * (to - from)).round() as u8
        })
    }
}

#[rustfmt::skip]
const VIRIDIS: [[u8; 3]; 52] = [
    [68, 1, 84], [70, 8, 92], [71, 16, 99], [72, 23, 105], [72, 29, 111], [72, 36, 117], [71, 42, 122],
    [70, 48, 126], [69, 55, 129], [67, 61, 132], [65, 66, 135], [63, 72, 137], [61, 78, 138], [58, 83, 139],
    [56, 89, 140], [53, 94, 141], [51, 99, 141], [49, 104, 142], [46, 109, 142], [44, 113, 142], [42, 118, 142],
    [41, 123, 142], [39, 128, 142], [37, 132, 142], [35, 137, 142], [33, 142, 141], [32, 146, 140], [31, 151, 139],
    [30, 156, 137], [31, 161, 136], [33, 165, 133], [36, 170, 131], [40, 174, 128], [46, 179, 124], [53, 183, 121],
    [61, 188, 116], [70, 192, 111], [80, 196, 106], [90, 200, 100], [101, 203, 94], [112, 207, 87], [124, 210, 80],
    [137, 213, 72], [149, 216, 64], [162, 218, 55], [176, 221, 47], [189, 223, 38], [202, 225, 31], [216, 226, 25],
    [229, 228, 25], [241, 229, 29], [253, 231, 37],
];

#[rustfmt::skip]
const INFERNO: [[u8; 3]; 52] = [
    [0, 0, 4], [2, 2, 12], [5, 4, 23], [10, 7, 34], [16, 9, 45], [22, 11, 57], [30, 12, 69],
    [38, 12, 81], [47, 10, 91], [56, 9, 98], [64, 10, 103], [73, 11, 106], [81, 14, 108], [89, 16, 110],
    [97, 19, 110], [105, 22, 110], [113, 25, 110], [120, 28, 109], [128, 31, 108], [136, 34, 106], [144, 37, 104],
    [152, 39, 102], [160, 42, 99], [168, 46, 95], [176, 49, 91], [183, 53, 87], [191, 57, 82], [198, 61, 77],
    [204, 66, 72], [211, 71, 67], [217, 77, 61], [223, 83, 55], [228, 90, 49], [233, 97, 43], [237, 105, 37],
    [241, 113, 31], [244, 121, 24], [247, 130, 18], [249, 139, 11], [250, 148, 7], [251, 157, 7], [252, 166, 12],
    [252, 176, 20], [251, 186, 31], [250, 196, 42], [248, 205, 55], [246, 215, 70], [244, 225, 86], [242, 234, 105],
    [242, 242, 125], [245, 249, 146], [252, 255, 164],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lightness_rises_all_the_way() {
        for map in [Colormap::Inferno, Colormap::Viridis] {
            let luma = |i: u16| {
                let [r, g, b] = map.rgb(f32::from(i) / 255.0).map(f32::from);
                0.2126 * r + 0.7152 * g + 0.0722 * b
            };
            assert!((0..51).all(|stop| luma(5 * stop + 5) > luma(5 * stop)), "{map:?}");
        }
    }

    #[test]
    fn matches_the_original_between_stops() {
        // matplotlib 3.11.2: round(255 * cm.inferno(i)) and the same of viridis.
        let golden = INFERNO_GOLDEN.iter().map(|g| (Colormap::Inferno, g));
        for (map, (i, rgb)) in golden.chain(VIRIDIS_GOLDEN.iter().map(|g| (Colormap::Viridis, g))) {
            let ours = map.rgb(f32::from(*i) / 255.0);
            assert!(
                ours.iter().zip(rgb).all(|(a, b)| a.abs_diff(*b) <= 2),
                "{map:?} {i} {ours:?} {rgb:?}"
            );
        }
    }

    #[test]
    fn values_that_are_no_share_have_a_colour() {
        assert_eq!(Colormap::Inferno.rgb(f32::NAN), Colormap::Inferno.rgb(0.0));
        assert_eq!(Colormap::Inferno.rgb(f32::INFINITY), Colormap::Inferno.rgb(1.0));
    }
    const INFERNO_GOLDEN: [(u8, [u8; 3]); 5] = [
        (3, [1, 1, 8]),
        (64, [87, 16, 110]),
        (128, [188, 55, 84]),
        (191, [249, 140, 10]),
        (252, [248, 251, 154]),
    ];
    const VIRIDIS_GOLDEN: [(u8, [u8; 3]); 5] = [
        (3, [69, 5, 89]),
        (64, [59, 82, 139]),
        (128, [33, 145, 140]),
        (191, [92, 200, 99]),
        (252, [246, 230, 32]),
    ];
}
