// Rows of one type written in another.
#pragma once

#include <cstdint>

#include "tramontane.h"

namespace tramontane {

// conversion is checked, its types differ.
void convert_rows(const tm_conversion& conversion, const uint8_t* from, uint8_t* to);

}  // namespace tramontane
