// Pages of words: about, delivery, privacy, the letter, and the page that is not there.

import type { FC } from 'hono/jsx';
import { Frame, type Visit } from '../frame.js';

export const AboutPage: FC<{ visit: Visit }> = ({ visit }) => (
  <Frame visit={visit} title="About us" narrow>
    <h1>About us</h1>
    <p class="lead">One shop, nine workshops, and nobody further than a day’s drive.</p>
    <dl class="facts">
      {(
        [
          ['Oxlip Pottery', 'Stoneware and terracotta, in the yard behind the shop.'],
          ['Halm Glass', 'Two people and a furnace that burns from October to May.'],
          ['Weverij Roos', 'Linen on looms older than anyone who works them.'],
          ['Noord & Zoon', 'Wood. The son is a daughter; the sign was cheaper to keep.'],
          ['Vulkan Foundry', 'Iron and sheet steel, and the best parties.'],
          ['Lumen Werk', 'Lamps that can be taken apart with one screwdriver.'],
          ['Gieterij Van Dam, Imkerij Lind, Zaad & Co.', 'Garden tools, wax and seed: the ones we visit in spring.'],
        ] as const
      ).map(([name, words]) => (
        <div>
          <dt>{name}</dt>
          <dd>{words}</dd>
        </div>
      ))}
    </dl>
    <p>None of them exists, and neither do we. This shop was made to show Weft at work in a place one would believe.</p>
  </Frame>
);

export const DeliveryWords: FC<{ visit: Visit }> = ({ visit }) => (
  <Frame visit={visit} title="Delivery and returns" narrow>
    <h1>Delivery and returns</h1>
    <h2>By post</h2>
    <p>
      €4.90, and free from €60. Two to three working days in Belgium, the Netherlands, Luxembourg, France and Germany.
    </p>
    <h2>Express</h2>
    <p>€9.90. Ordered before noon, there tomorrow, except on Sundays and Mondays.</p>
    <h2>Collect it</h2>
    <p>Koestraat 12, Ghent, Tuesday to Saturday from ten to six. We keep it for two weeks.</p>
    <h2>If you change your mind</h2>
    <p>
      Send it back within thirty days, unused. If it is broken, send it back whenever: whoever made it will mend it.
    </p>
  </Frame>
);

export const PrivacyPage: FC<{ visit: Visit }> = ({ visit }) => (
  <Frame visit={visit} title="Privacy" narrow>
    <h1>Privacy</h1>
    <p class="lead">This page describes what this demonstration really does.</p>
    <h2>Without your leave</h2>
    <p>
      The shop keeps one cookie once you put something into the basket, and one while you are logged in. They hold the
      basket and the log in; no script can read them. Nothing else is kept on your device, and Weft notes nothing.
    </p>
    <h2>If you accept</h2>
    <p>
      Weft notes the pages and things you look at, what goes into and out of your basket, searches, and orders; it makes
      an id for this browser and joins your visits into one profile (<em>measurement</em> and <em>personalisation</em>),
      and it may be used to write to you about a basket you left (<em>marketing</em>). It stays on the machine that runs
      this demonstration and is given to nobody. Your answer is kept for six months.
    </p>
    <h2>If you refuse</h2>
    <p>
      Your answer is kept on your device, without any number that would tell you from others, so that we need not ask
      again.
    </p>
    <h2>Orders</h2>
    <p>
      An order is told to Weft by the shop’s server in either case, as a shop’s books would be: number, things, sums and
      the e-mail address you gave.
    </p>
    <h2>To change your mind</h2>
    <p>
      <button type="button" class="button quiet" data-weft-consent>
        Privacy choices
      </button>
    </p>
  </Frame>
);

export const LetterPage: FC<{ visit: Visit; ok: boolean }> = ({ visit, ok }) => (
  <Frame visit={visit} title="A letter" narrow>
    <h1>{ok ? 'Thank you' : 'That address looks odd'}</h1>
    <p class="lead">
      {ok
        ? 'A real shop would now ask you by mail whether it was you. This one never writes.'
        : 'Please try again with a whole e-mail address.'}
    </p>
  </Frame>
);

export const NotFoundPage: FC<{ visit: Visit }> = ({ visit }) => (
  <Frame visit={visit} title="Not here" narrow>
    <h1>It is not here</h1>
    <p class="lead">The page may have moved, or it never was. The shop is still open.</p>
    <p>
      <a class="button" href={visit.href('/')}>
        To the front page
      </a>
    </p>
  </Frame>
);
