import { describe, expectTypeOf, it } from 'vitest';
import type { EcommerceEvents, Product } from './ecommerce.js';
import type { SentContext, SentEvent, WireContext, WireEvent } from './event.js';

describe('the types of the wire', () => {
  it('ask a sender for strings and promise a reader nothing', () => {
    expectTypeOf<NonNullable<SentContext['page']>['path']>().toEqualTypeOf<string | null | undefined>();
    expectTypeOf<NonNullable<WireContext['page']>['path']>().toBeUnknown();
    expectTypeOf<WireEvent['userId']>().toBeUnknown();
    expectTypeOf<SentEvent['type']>().toEqualTypeOf<'track' | 'page' | 'screen' | 'identify' | 'alias' | 'group'>();
  });
  it('demand in the SDK what the spec needs alone, and leave alternatives open', () => {
    expectTypeOf<EcommerceEvents['Order Completed']['order_id']>().toEqualTypeOf<string>();
    expectTypeOf<EcommerceEvents['Order Completed']['total']>().toEqualTypeOf<number | string | null | undefined>();
    expectTypeOf<EcommerceEvents['Cart Updated']['products']>().toExtend<Product[]>();
    expectTypeOf<EcommerceEvents['Product Added']['product_id']>().toEqualTypeOf<string | null | undefined>();
    expectTypeOf<{ order_id: string; currency: string; total: number; anything: true }>().toExtend<
      EcommerceEvents['Order Completed']
    >();
    expectTypeOf<{ currency: string }>().not.toExtend<EcommerceEvents['Order Completed']>();
  });
});
