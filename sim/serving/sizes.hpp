// Payloads of control messages [byte]: names, spans and addresses as fixed-width binary, with a 64-byte signature where
// the receiver must know who speaks. A node's announcement is what NodeView holds.
#pragma once

namespace orrery::sim::serving {

inline constexpr double control_bytes = 32;
inline constexpr double signed_bytes = 96;
inline constexpr double announcement_bytes = 192;
inline constexpr double hash_bytes = 32;  // or a nonce
inline constexpr double token_bytes = 4;  // of a text
inline constexpr double part_bytes = 48;  // of a claim: node, blocks, and the hash of what it committed to

}  // namespace orrery::sim::serving
