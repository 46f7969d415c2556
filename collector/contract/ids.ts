// Identifiers, branded: plain strings on the wire, minted only by the parser of this folder and by the gates that judge them
// (R2). Nothing else casts to these types.

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A UUID v7 of our SDK, or whatever string a foreign client sends: under 100 characters, kept as given. */
export type MessageId = Branded<'MessageId'>;
/** One device's own id. */
export type AnonymousId = Branded<'AnonymousId'>;
/** A shop's own id of a person, after R2. */
export type UserId = Branded<'UserId'>;
/** A UUID v8 derived from the senior identifier of a profile (semantics, section 1). Never seen by a browser. */
export type ProfileId = Branded<'ProfileId'>;
/** Derived from the messageId of the event that begins the session (S5). */
export type SessionId = Branded<'SessionId'>;
/** 22 characters base64url, minted by the page for each consent act that grants something. */
export type Receipt = Branded<'Receipt'>;
