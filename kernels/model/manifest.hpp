// Tensors in one file of raw numbers, with a manifest in JSON that says where they lie:
//   {"dtype": "float32-le", "bytes": N, "tensors": [{"name": .., "shape": [..], "offset": .., "count": ..}, ..]}
// Offsets count bytes; tensors follow each other in the order of the manifest, without gap or overlap.
#pragma once

#include <filesystem>
#include <string_view>

#include "kernels/model/tensors.hpp"

namespace orrery::kernels::model {

// InputError with the manifest's name (JSON, tensors) or the data's (its size) as the place. Unknown keys are errors.
// The table's file is the data; `data` outlives it.
TensorTable parse_manifest(const std::string& place, std::string_view json, const std::string& data_place,
                           std::string_view data);

// Memory-mapped. Data that is not named is looked for beside the manifest: NAME_f32.bin for NAME_manifest.json.
TensorTable open_manifest(const std::filesystem::path& manifest, const std::filesystem::path& data = {});

}  // namespace orrery::kernels::model
