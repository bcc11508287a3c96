// `orrery model info`: what a model's files say, and what processes would hold of it.
#pragma once

#include <string>

#include "kernels/model/source.hpp"

namespace orrery::experiments {

// Reads headers alone: no page of the weights is touched. InputError where the files are not a model.
std::string model_info_text(const std::string& path, const std::string& tokenizer);
std::string model_info_text(const kernels::model::Source& source);

}  // namespace orrery::experiments
