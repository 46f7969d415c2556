// The inline stub that a page may carry so that it can call before the script is there: an array with the verbs of the
// client, which queues each call as [verb, ...arguments]. Docs and examples show this text; browser/script.ts takes over.

const verbs =
  'page track identify alias group checkout order reset logout forget flush on debug cart.add cart.remove cart.update cart.view consent.get consent.set consent.show consent.withdraw consent.onChange';

/** To be put, as it is, in an inline script before the script tag. */
export const stub = `!function(w){var q=w.weft=w.weft||[];if(q.track)return;"${verbs}".split(" ").forEach(function(n){var p=n.split("."),o=p[1]?q[p[0]]=q[p[0]]||{}:q;o[p.pop()]=function(){q.push([n].concat([].slice.call(arguments)))}})}(window);`;
