// The inline stub that a page may carry so that it can call before the script is there: an array with the verbs of the
// client, which queues each call as [verb, ...arguments]. Docs and examples show this text; browser/script.ts takes over.

const verbs =
  'page track identify alias group checkout order reset logout forget flush on debug cart.add cart.remove cart.update cart.view consent.get consent.set consent.show consent.withdraw consent.onChange';

/** To be put, as it is, in an inline script before the script tag. */
export const stub = `!function(w){var q=w.weft=w.weft||[];if(q.track)return;"${verbs}".split(" ").forEach(function(n){var p=n.split("."),o=p[1]?q[p[0]]=q[p[0]]||{}:q;o[p.pop()]=function(){q.push([n].concat([].slice.call(arguments)))}})}(window);`;

/**
 * What Google's tags hold by until somebody has decided, to be put in an inline script before any of them: all four signals
 * denied, granted only in the regions named (ISO 3166) where the site's file has an opt-out. Said once; the decision follows
 * as an update (sdk/bridges/google-consent-mode.ts).
 */
export const consentModeDefault = (optOutRegions: readonly string[] = []): string => {
  const say = (value: 'granted' | 'denied', more: object) =>
    `g("consent","default",${JSON.stringify({
      ad_storage: value,
      ad_user_data: value,
      ad_personalization: value,
      analytics_storage: value,
      personalization_storage: value,
      ...more,
      wait_for_update: 500,
    })});`;
  const regional = optOutRegions.length > 0 ? say('granted', { region: optOutRegions }) : '';
  return `!function(w){w.dataLayer=w.dataLayer||[];function g(){w.dataLayer.push(arguments)}${say('denied', {})}${regional}g("set","ads_data_redaction",true);g("set","url_passthrough",false)}(window);`;
};
