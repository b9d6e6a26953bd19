// Where the page begins.
import './styles/colours.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/start.css';
import './styles/stream.css';
import './styles/panels.css';
import './styles/tracks.css';
import { render } from 'preact';
import { App } from './app.tsx';

const place = document.getElementById('page');
if (place) render(<App />, place);
