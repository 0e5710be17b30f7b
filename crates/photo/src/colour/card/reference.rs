//! The 24 patches of the usual colour card, six columns by four rows.

/// Columns of the card.
pub(crate) const COLUMNS: i32 = 6;
/// Rows of the card.
pub(crate) const ROWS: i32 = 4;

/// Published sRGB values (D65) of the patches, row by row from the brown one: the widely used averages for the card
/// of McCamy, Marcus and Davidson 1976. `None` in the third row: cards that are sold for skin have other patches there
/// than the primary colours of 1976, so those are taken as the baseline shows them.
pub(crate) const PATCHES: [Option<[u8; 3]>; 24] = [
    Some([115, 82, 68]),
    Some([194, 150, 130]),
    Some([98, 122, 157]),
    Some([87, 108, 67]),
    Some([133, 128, 177]),
    Some([103, 189, 170]),
    Some([214, 126, 44]),
    Some([80, 91, 166]),
    Some([193, 90, 99]),
    Some([94, 60, 108]),
    Some([157, 188, 64]),
    Some([224, 163, 46]),
    None,
    None,
    None,
    None,
    None,
    None,
    Some([243, 243, 242]),
    Some([200, 200, 200]),
    Some([160, 160, 160]),
    Some([122, 122, 121]),
    Some([85, 85, 85]),
    Some([52, 52, 52]),
];
