// What a card's data must look like, before they are sent anywhere. Names of problems are keys of the page's texts.
// Brands and lengths by first digits: ISO/IEC 7812 issuer ranges as the five brands publish them.
"use strict";

window.cardChecks = (() => {
  const RANGES = [
    ["amex", [34, 34], [37, 37]],
    ["diners", [300, 305], [3095, 3095], [36, 36], [38, 39]],
    ["jcb", [3528, 3589]],
    ["mastercard", [51, 55], [2221, 2720]],
    ["visa", [4, 4]],
  ];
  const LENGTHS = {
    amex: [15],
    diners: [14, 15, 16, 17, 18, 19],
    jcb: [16, 17, 18, 19],
    mastercard: [16],
    visa: [13, 16, 19],
  };
  const YEARS_AHEAD = 20;
  const onlyDigits = (text) => /^[0-9]*$/.test(text);

  // null for a brand that is none of the five, or for too few digits to tell.
  const brand = (number) => {
    for (const [name, ...ranges] of RANGES) {
      for (const [first, last] of ranges) {
        const start = number.slice(0, String(first).length);
        if (start.length === String(first).length && first <= Number(start) && Number(start) <= last) return name;
      }
    }
    return null;
  };

  // In fours, but American Express as 4-6-5 and a number of 14 digits as 4-6-4.
  const grouped = (number) => {
    const kind = brand(number);
    const sizes = kind === "amex" ? [4, 6, 5] : kind === "diners" && number.length <= 14 ? [4, 6, 4] : [4, 4, 4, 4, 4];
    const parts = [];
    let rest = number;
    for (const size of sizes) {
      if (!rest) break;
      parts.push(rest.slice(0, size));
      rest = rest.slice(size);
    }
    return parts.join(" ") + rest;
  };

  // ISO/IEC 7812-1, annex B (Luhn).
  const checkDigitFits = (number) => {
    let sum = 0;
    [...number].reverse().forEach((digit, place) => {
      const value = Number(digit) * (place % 2 ? 2 : 1);
      sum += value > 9 ? value - 9 : value;
    });
    return sum % 10 === 0;
  };

  const numberProblem = (number) => {
    if (!number) return "number_missing";
    if (!onlyDigits(number)) return "number_digits";
    const kind = brand(number);
    if (number.length < 12) return "number_length";
    if (!kind) return "number_brand";
    if (!LENGTHS[kind].includes(number.length)) return "number_length";
    return checkDigitFits(number) ? null : "number_check";
  };

  // `thisMonth` is YYYY-MM in Japan; a card is valid until the end of its last month.
  const expiryProblems = (month, year, thisMonth) => {
    const found = {};
    if (!month) found.expiry_month = "month_missing";
    else if (!/^(0[1-9]|1[0-2]|[1-9])$/.test(month)) found.expiry_month = "month_range";
    if (!year) found.expiry_year = "year_missing";
    else if (!/^[0-9]{2}$/.test(year)) found.expiry_year = "year_digits";
    if (found.expiry_month || found.expiry_year) return found;
    const wanted = `20${year}-${month.padStart(2, "0")}`;
    if (wanted < thisMonth) found.expiry_month = "expired";
    else if (Number(`20${year}`) > Number(thisMonth.slice(0, 4)) + YEARS_AHEAD) found.expiry_year = "year_far";
    return found;
  };

  const codeProblem = (code, kind) => {
    if (!code) return "code_missing";
    if (!onlyDigits(code)) return "code_digits";
    if (kind === "amex") return code.length === 4 ? null : "code_length_amex";
    return code.length === 3 ? null : "code_length";
  };

  // `card` is {number, month, year, code}; the answer names the problem of each wrong field by the field's id.
  const problems = (card, thisMonth) => {
    const found = {};
    const wrongNumber = numberProblem(card.number);
    if (wrongNumber) found.card_number = wrongNumber;
    Object.assign(found, expiryProblems(card.month, card.year, thisMonth));
    const wrongCode = codeProblem(card.code, brand(card.number));
    if (wrongCode) found.security_code = wrongCode;
    return found;
  };

  return { brand, checkDigitFits, grouped, problems };
})();
