// e^x on a Vec; the same operations as exp_fp32 in elementary.cpp. Included by the bodies that need it.

ORRERY_INLINE Vec exp(Vec x) {
  // Adding 1.5 * 2^23 leaves round(x / ln 2) in the low bits of the mantissa, where to_exponent finds it.
  const Vec magic = set(12582912.0F);
  const Vec shifted = fma(x, set(1.44269504088896341F), magic);
  const Vec n = sub(shifted, magic);
  // ln 2 in two parts, the first of few bits, so that n times it is exact.
  const Vec r = fma(n, set(2.12194440e-4F), fma(n, set(-0.693359375F), x));
  Vec p = set(1.9875691500e-4F);
  p = fma(p, r, set(1.3981999507e-3F));
  p = fma(p, r, set(8.3334519073e-3F));
  p = fma(p, r, set(4.1665795894e-2F));
  p = fma(p, r, set(1.6666665459e-1F));
  p = fma(p, r, set(5.0000001201e-1F));
  const Vec value = add(fma(p, mul(r, r), r), set(1.0F));
  // 2^(n - 1) and then 2, because 2^128 is no fp32 number. Bias 126, not 127, for the same reason.
  const Vec scaled = mul(mul(value, to_exponent(shifted, 126U)), set(2.0F));
  // Below -86.5 the exponent field would run out; e^-86.5 is 2.7e-38, nothing in a sum of numbers up to 1.
  const Vec not_low = select_less(x, set(-86.5F), set(0.0F), scaled);
  return select_less(set(88.72283F), x, set(HUGE_VALF), not_low);
}
