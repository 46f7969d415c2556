// The schemas that openapi.json names; a name here is the name of its component.

import { z } from 'zod';
import { answer, errorBody } from '../contract/answer.js';
import { signedCertificate } from '../contract/certificate.js';
import { configReply } from '../contract/config-reply.js';
import {
  accountAnswer,
  accountCall,
  consentAnswer,
  consentCall,
  consentRow,
  transferAcceptAnswer,
  transferAcceptCall,
  transferAnswer,
  transferCall,
} from '../contract/consent.js';
import { cookielessAnswer, cookielessCall, cookielessCounts } from '../contract/cookieless.js';
import { batch, calls, context, event } from '../contract/event.js';
import { profile } from '../contract/profile.js';
import { ledgerCheck, receiptProof, toldRates } from '../contract/proofs.js';
import {
  acknowledgementCall,
  erasureCall,
  erasureState,
  exportState,
  lists,
  mergeCall,
  objectionAsked,
  profiles,
  rightsCall,
} from '../contract/reading.js';

const withKey = {
  writeKey: z.string().optional().meta({ description: 'For pages; servers send it as the user of HTTP Basic.' }),
};

export const schemas = {
  Batch: batch,
  Event: event,
  Context: context,
  TrackCall: calls.track.extend(withKey),
  PageCall: calls.page.extend(withKey),
  ScreenCall: calls.screen.extend(withKey),
  IdentifyCall: calls.identify.extend(withKey),
  AliasCall: calls.alias.extend(withKey),
  GroupCall: calls.group.extend(withKey),
  Answer: answer,
  Error: errorBody,
  ConsentRow: consentRow,
  ConsentCall: consentCall,
  ConsentAnswer: consentAnswer,
  AccountCall: accountCall,
  AccountAnswer: accountAnswer,
  TransferCall: transferCall,
  TransferAnswer: transferAnswer,
  TransferAcceptCall: transferAcceptCall,
  TransferAcceptAnswer: transferAcceptAnswer,
  Config: configReply,
  Profile: profile,
  Profiles: profiles,
  Events: lists.events,
  Sessions: lists.sessions,
  Carts: lists.carts,
  Orders: lists.orders,
  Merges: lists.merges,
  MergeCall: mergeCall,
  ErasureCall: erasureCall,
  ErasureState: erasureState,
  RightsCall: rightsCall,
  ObjectionCall: objectionAsked,
  ExportState: exportState,
  Certificate: signedCertificate,
  Acknowledgement: acknowledgementCall,
  LedgerCheck: ledgerCheck,
  ReceiptProof: receiptProof,
  ConsentRates: toldRates,
  CookielessCall: cookielessCall,
  CookielessAnswer: cookielessAnswer,
  CookielessCounts: cookielessCounts,
} satisfies Record<string, z.ZodType>;
export type SchemaName = keyof typeof schemas;
