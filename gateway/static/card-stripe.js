// The provider's interface of card.js, on Stripe's own fields: what is typed stays in Stripe's frames.
"use strict";

window.cardProvider = ({ publishableKey, language }) => {
  if (!window.Stripe) return null; // its script did not come
  const stripe = window.Stripe(publishableKey, { locale: language });
  const elements = stripe.elements();
  const kinds = { card_number: "cardNumber", expiry_month: "cardExpiry", security_code: "cardCvc" };
  const made = Object.entries(kinds).map(([id, kind]) => [id, elements.create(kind)]);
  return {
    mount() {
      for (const [id, element] of made) element.mount(`#${id}`);
    },
    reset() {
      for (const [, element] of made) element.clear();
    },
    async tokenise() {
      const { paymentMethod, error } = await stripe.createPaymentMethod({ type: "card", card: made[0][1] });
      if (paymentMethod) return { id: paymentMethod.id };
      return { error: error.code || "unavailable" };
    },
  };
};
