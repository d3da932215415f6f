import { Outlet, Link } from '@tanstack/react-router';
import { Suspense } from 'react';
import { StopControl } from '../emergency/stop-control.js';
import { StopStrip } from '../emergency/stop-strip.js';
import { LiveProvider } from '../live/live.js';
import { LiveBadge, StaleStrip } from '../live/badge.js';
import { useSession } from '../session/use-session.js';
import { Clock } from '../ui/age.js';
import { Loading } from '../ui/answer.js';
import { Icon } from '../ui/icon.js';
import { AccountMenu } from './account-menu.js';
import { SECTIONS } from './navigation.js';
import { Palette } from './palette.js';
import { ThemeButton } from './theme-button.js';
import { ZoneName } from './zone-name.js';

/** What is around every page: where one is, whether it is fresh, who one is, and the emergency stop. */
export function Shell() {
  const { session } = useSession();
  return (
    <LiveProvider>
      <Clock>
        <a className="skip" href="#page">
          Skip to the page
        </a>
        <div className="shell">
          <nav className="rail" aria-label="Main">
            <div className="brand">
              <Icon name="wall" />
              Rampart
            </div>
            <Sections />
            <div className="foot">Version {session.version}</div>
          </nav>
          <div>
            <header className="top">
              <span className="env" title="The environment that is served">
                {session.environment}
              </span>
              <LiveBadge />
              <span className="spring" />
              <Palette />
              <ThemeButton />
              <ZoneName />
              <AccountMenu />
              <StopControl />
            </header>
            <main className="page" id="page" tabIndex={-1}>
              <StaleStrip />
              <StopStrip />
              <Suspense fallback={<Loading what="the page" />}>
                <Outlet />
              </Suspense>
            </main>
          </div>
        </div>
        <nav className="bottom" aria-label="Main, at the bottom">
          <Sections />
        </nav>
      </Clock>
    </LiveProvider>
  );
}

function Sections() {
  return SECTIONS.map(({ path, icon, text }) => (
    <Link key={path} to={path} activeOptions={{ exact: path === '/' }}>
      <Icon name={icon} />
      <span>{text}</span>
    </Link>
  ));
}
