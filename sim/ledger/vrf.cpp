#include "sim/ledger/vrf.hpp"

#include <algorithm>
#include <initializer_list>

#include <sodium.h>

#include "kernels/contract.hpp"

namespace orrery::sim::ledger::vrf {
namespace {

constexpr std::uint8_t suite = 0x03;
using Point = std::array<std::uint8_t, 32>;
using Scalar = std::array<std::uint8_t, 32>;

Output sha512(std::uint8_t purpose, std::initializer_list<BytesView> parts) {
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  const std::uint8_t head[2] = {suite, purpose}, tail = 0;
  crypto_hash_sha512_update(&state, head, sizeof head);
  for (BytesView part : parts) crypto_hash_sha512_update(&state, part.data(), part.size());
  crypto_hash_sha512_update(&state, &tail, 1);
  Output out;
  crypto_hash_sha512_final(&state, out.data());
  return out;
}

// Doubles three times. False where `p` encodes no point of the curve.
bool times_cofactor(Point& p) {
  for (int doubling = 0; doubling < 3; ++doubling) {
    Point sum;
    if (crypto_core_ed25519_add(sum.data(), p.data(), p.data()) != 0) return false;
    p = sum;
  }
  return true;
}

bool times(Point& out, const Scalar& scalar, const Point& p) {
  return crypto_scalarmult_ed25519_noclamp(out.data(), scalar.data(), p.data()) == 0;
}

// Try and increment: hash with a counter until the hash encodes a point.
Point encode_to_curve(const PublicKey& key, BytesView input) {
  for (int counter = 0; counter < 256; ++counter) {
    const auto c = static_cast<std::uint8_t>(counter);
    const Output hash = sha512(0x01, {key, input, BytesView(&c, 1)});
    Point p;
    std::copy_n(hash.begin(), p.size(), p.begin());
    if (times_cofactor(p) && crypto_core_ed25519_is_valid_point(p.data()) == 1) return p;
  }
  throw ContractError("no point was found in 256 tries, which happens once in 2^256 inputs");
}

struct Expanded {
  Scalar x;  // the secret scalar
  std::array<std::uint8_t, 32> nonce_key;
};
Expanded expand(const SecretKey& secret) {
  std::array<std::uint8_t, 64> hash;
  crypto_hash_sha512(hash.data(), secret.data(), secret.size());
  Expanded e;
  std::copy_n(hash.begin(), 32, e.x.begin());
  std::copy_n(hash.begin() + 32, 32, e.nonce_key.begin());
  e.x[0] &= 248;
  e.x[31] &= 127;
  e.x[31] |= 64;
  return e;
}

Scalar make_nonce(const Expanded& e, const Point& h) {
  std::array<std::uint8_t, 64> text, hash;
  std::copy(e.nonce_key.begin(), e.nonce_key.end(), text.begin());
  std::copy(h.begin(), h.end(), text.begin() + 32);
  crypto_hash_sha512(hash.data(), text.data(), text.size());
  Scalar k;
  crypto_core_ed25519_scalar_reduce(k.data(), hash.data());
  return k;
}

// c is 16 bytes; as a scalar it has 16 zeros behind it.
Scalar challenge(const PublicKey& key, const Point& h, const Point& gamma, const Point& u, const Point& v) {
  const Output hash = sha512(0x02, {key, h, gamma, u, v});
  Scalar c{};
  std::copy_n(hash.begin(), 16, c.begin());
  return c;
}

struct Decoded {
  Point gamma;
  Scalar c{}, s;
};
Decoded decode(const Proof& proof) {
  Decoded d;
  std::copy_n(proof.begin(), 32, d.gamma.begin());
  std::copy_n(proof.begin() + 32, 16, d.c.begin());
  std::copy_n(proof.begin() + 48, 32, d.s.begin());
  return d;
}

// s must be reduced, or one proof could be written in two ways.
bool is_reduced(const Scalar& s) {
  std::array<std::uint8_t, 64> wide{};
  std::copy(s.begin(), s.end(), wide.begin());
  Scalar reduced;
  crypto_core_ed25519_scalar_reduce(reduced.data(), wide.data());
  return reduced == s;
}

}  // namespace

PublicKey public_key(const SecretKey& secret) {
  PublicKey key;
  std::array<std::uint8_t, 64> both;
  crypto_sign_ed25519_seed_keypair(key.data(), both.data(), secret.data());
  return key;
}

Proof prove(const SecretKey& secret, BytesView input) {
  const Expanded e = expand(secret);
  const PublicKey key = public_key(secret);
  const Point h = encode_to_curve(key, input);
  const Scalar k = make_nonce(e, h);
  Point gamma, u, v;
  const bool made =
      times(gamma, e.x, h) && times(v, k, h) && crypto_scalarmult_ed25519_base_noclamp(u.data(), k.data()) == 0;
  ENSURE(made);
  const Scalar c = challenge(key, h, gamma, u, v);
  Scalar product, s;
  crypto_core_ed25519_scalar_mul(product.data(), c.data(), e.x.data());
  crypto_core_ed25519_scalar_add(s.data(), product.data(), k.data());
  Proof proof;
  std::copy(gamma.begin(), gamma.end(), proof.begin());
  std::copy_n(c.begin(), 16, proof.begin() + 32);
  std::copy(s.begin(), s.end(), proof.begin() + 48);
  return proof;
}

std::optional<Output> output(const Proof& proof) {
  Decoded d = decode(proof);
  if (crypto_core_ed25519_is_valid_point(d.gamma.data()) != 1 || !is_reduced(d.s)) return std::nullopt;
  if (!times_cofactor(d.gamma)) return std::nullopt;
  return sha512(0x03, {d.gamma});
}

std::optional<Output> verify(const PublicKey& key, BytesView input, const Proof& proof) {
  if (crypto_core_ed25519_is_valid_point(key.data()) != 1) return std::nullopt;
  const std::optional<Output> beta = output(proof);
  if (!beta) return std::nullopt;
  const Decoded d = decode(proof);
  const Point h = encode_to_curve(key, input);
  Point base, c_key, s_h, c_gamma, u, v;
  const bool made = crypto_scalarmult_ed25519_base_noclamp(base.data(), d.s.data()) == 0 && times(c_key, d.c, key) &&
                    times(s_h, d.s, h) && times(c_gamma, d.c, d.gamma) &&
                    crypto_core_ed25519_sub(u.data(), base.data(), c_key.data()) == 0 &&
                    crypto_core_ed25519_sub(v.data(), s_h.data(), c_gamma.data()) == 0;
  if (!made || challenge(key, h, d.gamma, u, v) != d.c) return std::nullopt;
  return beta;
}

}  // namespace orrery::sim::ledger::vrf
