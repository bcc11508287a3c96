// A verifiable random function: its owner alone can evaluate it, and everybody can check that it did so honestly.
// ECVRF-EDWARDS25519-SHA512-TAI of RFC 9381, on libsodium's curve arithmetic.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "sim/ledger/digest.hpp"

namespace orrery::sim::ledger::vrf {

using SecretKey = std::array<std::uint8_t, 32>;
using PublicKey = std::array<std::uint8_t, 32>;
using Proof = std::array<std::uint8_t, 80>;   // Gamma, c, s
using Output = std::array<std::uint8_t, 64>;  // beta

PublicKey public_key(const SecretKey& secret);
Proof prove(const SecretKey& secret, BytesView input);
// What a proof stands for; nothing where it is no proof at all. Says nothing about whose it is.
std::optional<Output> output(const Proof& proof);
// The output where the proof is that of this key over this input; nothing for anything else. A Gamma outside the
// prime-order subgroup is refused too: no honest prover makes one.
std::optional<Output> verify(const PublicKey& key, BytesView input, const Proof& proof);

}  // namespace orrery::sim::ledger::vrf
